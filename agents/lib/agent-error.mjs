import { EXIT } from './exit-codes.mjs';

/** @typedef {import('./exit-codes.mjs').FailureKind} FailureKind */

/**
 * What each kind of failure tells an orchestrator: the columns of GLIP's exit-code table.
 * @type {Readonly<Record<FailureKind, {type: string, retriable: boolean, action: string}>>}
 */
const KINDS = {
  general: { type: 'AgentError', retriable: true, action: 'Read the log; a retry may help.' },
  input: { type: 'InputValidationError', retriable: false, action: 'Correct the input; do not retry as is.' },
  checksum: { type: 'ChecksumError', retriable: true, action: 'Retry with a fresh fetch of the input.' },
  permission: { type: 'PermissionError', retriable: false, action: 'Grant the access that is missing.' },
  timeout: { type: 'TimeoutError', retriable: true, action: 'Retry with a longer timeout.' },
  resources: { type: 'ResourceError', retriable: true, action: 'Retry with more resources.' },
  output: { type: 'OutputValidationError', retriable: false, action: 'Report this to the agent’s owner.' },
  upstream: { type: 'UpstreamError', retriable: true, action: 'Retry after a delay.' },
};

/** Which kind an operating-system error is; what is not listed is general. */
const KIND_BY_ERRNO = new Map(
  /** @type {[string, FailureKind][]} */ ([
    ['EACCES', 'permission'],
    ['EPERM', 'permission'],
    ['EROFS', 'permission'],
    ['ENOSPC', 'resources'],
    ['EDQUOT', 'resources'],
    ['ENOMEM', 'resources'],
    ['EMFILE', 'resources'],
    ['ERR_MEMORY_ALLOCATION_FAILED', 'resources'],
  ]),
);

/** A failure that knows its exit code and everything that error.json has to say. */
export class AgentError extends Error {
  /**
   * @param {FailureKind} kind decides the exit code, the error type and whether a retry makes sense
   * @param {string} code stable UPPER_SNAKE word for programs
   * @param {string} message one sentence for people
   * @param {{details?: Record<string, unknown>, action?: string, cause?: unknown}} [more]
   */
  constructor(kind, code, message, more = {}) {
    super(message, { cause: more.cause });
    this.exitCode = EXIT[kind];
    this.code = code;
    this.type = KINDS[kind].type;
    this.retriable = KINDS[kind].retriable;
    this.suggestedAction = more.action ?? KINDS[kind].action;
    this.details = more.details ?? {};
  }

  /**
   * The one door for anything thrown: an AgentError stays as it is.
   * @param {unknown} thrown
   */
  static from(thrown) {
    if (thrown instanceof AgentError) return thrown;
    if (!(thrown instanceof Error)) return new AgentError('general', 'UNEXPECTED', String(thrown));
    const errno = String(/** @type {NodeJS.ErrnoException} */ (thrown).code ?? '');
    const kind = KIND_BY_ERRNO.get(errno) ?? 'general';
    const details = errno === '' ? { name: thrown.name } : { errno };
    return new AgentError(kind, errno || 'UNEXPECTED', thrown.message, { details, cause: thrown });
  }
}
