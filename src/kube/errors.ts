import { type ErrorCode, ExecutorError } from '../step/errors.ts';
import { ApiError } from './api-error.ts';
import { CredentialsError } from './credentials.ts';
import { isRbac, missingRight } from './missing-right.ts';
import { NetworkError } from './network-error.ts';

type Verdict = {
  readonly code: ErrorCode;
  readonly reason: string;
  /** What the caller may read; the server's own words only where a person can act on them. */
  readonly message: (error: ApiError) => string;
  readonly retryAfterMs?: number;
};

type Row = Verdict & { readonly when: (error: ApiError) => boolean };

const neutral = (text: string) => () => text;
const theirWords = (error: ApiError) => `the cluster refused it: ${error.statusMessage}`;
const status = (code: number) => (error: ApiError) => error.status === code;

/** Names what is missing. */
const missingPermission = (error: ApiError): string => {
  const right = missingRight(error);
  return `the executor lacks a permission in the cluster${right === undefined ? '' : `: ${right}`}`;
};

// A webhook chooses status and reason freely (400 by default); the sentence in front is the API server's own.
const isWebhook = (error: ApiError) =>
  error.status < 500 && /^admission webhook "[^"]*" denied the request/.test(error.statusMessage);

// Validation names a field in each of its causes; a ValidatingAdmissionPolicy gives its message alone.
const isPolicy = (error: ApiError) => {
  const causes = error.details.causes ?? [];
  return error.status === 422 && causes.length > 0 && causes.every((cause) => !cause.field && !cause.reason);
};

// The first row that fits decides.
const TABLE: readonly Row[] = [
  {
    when: (error) => isWebhook(error) || isPolicy(error),
    code: 'FAILED_PRECONDITION',
    reason: 'KUBERNETES_ADMISSION_REFUSED',
    message: theirWords,
  },
  {
    when: status(401),
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_UNAUTHORIZED',
    message: neutral('the cluster does not accept the credentials of the executor'),
    retryAfterMs: 5_000,
  },
  {
    when: isRbac,
    code: 'INTERNAL',
    reason: 'KUBERNETES_FORBIDDEN',
    message: missingPermission,
  },
  {
    when: status(403),
    code: 'FAILED_PRECONDITION',
    reason: 'KUBERNETES_ADMISSION_REFUSED',
    message: theirWords,
  },
  { when: status(404), code: 'NOT_FOUND', reason: 'KUBERNETES_NOT_FOUND', message: theirWords },
  {
    when: (error) => error.status === 409 && error.reason === 'AlreadyExists',
    code: 'ALREADY_EXISTS',
    reason: 'KUBERNETES_ALREADY_EXISTS',
    message: theirWords,
  },
  {
    when: (error) => error.status === 409 || error.status === 410,
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_CONFLICT',
    message: neutral('the object changed in the meantime'),
    retryAfterMs: 200,
  },
  { when: status(413), code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_TOO_LARGE', message: theirWords },
  {
    when: (error) => error.status === 405 || error.status === 406 || error.status === 415,
    code: 'FAILED_PRECONDITION',
    reason: 'KUBERNETES_UNSUPPORTED',
    message: neutral('this cluster does not support what the executor needs'),
  },
  {
    when: status(429),
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_THROTTLED',
    message: neutral('the cluster has too many requests'),
    retryAfterMs: 1_000,
  },
  {
    when: (error) => error.status >= 500,
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_UNAVAILABLE',
    message: neutral('the cluster failed to answer'),
    retryAfterMs: 1_000,
  },
  {
    when: () => true,
    code: 'INTERNAL',
    reason: 'KUBERNETES_INVALID',
    message: neutral('the cluster does not accept what the executor made of the request'),
  },
];

function fromApi(error: ApiError): ExecutorError {
  const verdict = TABLE.find((row) => row.when(error));
  if (!verdict) return unknownError(error);
  const { kind, name } = error.details;
  return new ExecutorError({
    code: verdict.code,
    reason: verdict.reason,
    message: verdict.message(error),
    metadata: {
      kubernetesReason: error.reason,
      kubernetesStatus: String(error.status),
      ...(kind ? { kind } : {}),
      ...(name ? { name } : {}),
    },
    ...(verdict.retryAfterMs === undefined
      ? {}
      : { retryAfterMs: error.retryAfterMs ?? verdict.retryAfterMs }),
    cause: error,
  });
}

const unavailable = (reason: string, message: string, retryAfterMs: number, cause: unknown) =>
  new ExecutorError({ code: 'UNAVAILABLE', reason, message, retryAfterMs, cause });

function fromNetwork(error: NetworkError): ExecutorError {
  if (error.kind === 'timeout' || error.kind === 'idle') {
    return unavailable('KUBERNETES_TIMEOUT', 'the cluster did not answer in time', 1_000, error);
  }
  return unavailable('KUBERNETES_UNREACHABLE', 'the cluster cannot be reached', 1_000, error);
}

const unknownError = (cause: unknown) =>
  new ExecutorError({ code: 'INTERNAL', reason: 'INTERNAL', message: 'internal error', cause });

/**
 * What a failure at the API server means to a caller of ours. A caller that gives a 404, 409 or 422 a meaning of its
 * own (tenant unknown, step exists, patch lost the race) asks isNotFound and the like before it comes here.
 */
export function toExecutorError(error: unknown): ExecutorError {
  if (error instanceof ExecutorError) return error;
  if (error instanceof ApiError) return fromApi(error);
  if (error instanceof NetworkError) return fromNetwork(error);
  if (error instanceof CredentialsError) {
    return unavailable(
      'KUBERNETES_CREDENTIALS',
      'the executor cannot read its credentials for the cluster',
      5_000,
      error,
    );
  }
  if (error instanceof Error && error.name === 'AbortError') {
    return new ExecutorError({
      code: 'CANCELLED',
      reason: 'CANCELLED',
      message: 'the caller went away',
      cause: error,
    });
  }
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new ExecutorError({
      code: 'DEADLINE_EXCEEDED',
      reason: 'DEADLINE_EXCEEDED',
      message: 'the deadline passed before the cluster answered',
      cause: error,
    });
  }
  return unknownError(error);
}
