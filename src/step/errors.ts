/** The gRPC status names that an RPC of ours may end with. */
export type ErrorCode =
  | 'CANCELLED'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED';

/** One thing that is wrong with a request. */
export interface Violation {
  /** Path of the field with the names of the proto, e.g. `invocation.spec.resources.cpu`. */
  readonly field: string;
  /** What is wrong and what would be right, for people. */
  readonly message: string;
}

export interface ErrorInit {
  readonly code: ErrorCode;
  /** Stable, UPPER_SNAKE, listed in docs/errors.md. */
  readonly reason: string;
  /** For the caller: says what to do next, holds no secret. */
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly Violation[];
  /** Present on UNAVAILABLE: how long to wait before the call is repeated. */
  readonly retryAfterMs?: number;
  /** Logged, never sent. */
  readonly cause?: unknown;
}

/** The one error that crosses the layers. Everything else that is thrown is a defect and becomes INTERNAL at the edge. */
export class ExecutorError extends Error {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly Violation[];
  readonly retryAfterMs: number | undefined;

  constructor(init: ErrorInit) {
    super(init.message, { cause: init.cause });
    this.name = 'ExecutorError';
    this.code = init.code;
    this.reason = init.reason;
    this.metadata = init.metadata ?? {};
    this.violations = init.violations ?? [];
    this.retryAfterMs = init.retryAfterMs;
  }
}

/** INVALID_ARGUMENT with every violation; the message holds the first ones, so that a client without details helps too. */
export function invalidRequest(violations: readonly Violation[], reason = 'INVALID_REQUEST'): ExecutorError {
  const shown = violations.slice(0, 5).map((v) => `${v.field}: ${v.message}`);
  const more = violations.length - shown.length;
  return new ExecutorError({
    code: 'INVALID_ARGUMENT',
    reason,
    message: shown.join('; ') + (more > 0 ? `; and ${more} more` : ''),
    violations,
  });
}
