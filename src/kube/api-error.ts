/** One cause inside a Status object's details. */
export type StatusCause = { readonly reason?: string; readonly message?: string; readonly field?: string };

/** The details of a Status object, as far as we decide by them. */
export type StatusDetails = {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly retryAfterSeconds?: number;
  readonly causes?: readonly StatusCause[];
};

/** The parts of a meta/v1 Status that a refusal carries. */
export type StatusObject = {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: StatusDetails;
};

/** Response headers as Node's parsers give them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

// What to call a refusal whose body is not a Status: a load balancer's page, or nothing at all.
const REASON_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** A refusal that the API server (or something in front of it) answered with. */
export class ApiError extends Error {
  /** The HTTP status, or the Status object's code for an ERROR frame. */
  readonly status: number;
  /** The machine-readable reason, as in `AlreadyExists`; `Unknown` when nothing says. */
  readonly reason: string;
  readonly details: StatusDetails;
  /** When the server says to come back. Absent: it did not say, and client-go's rule is not to retry. */
  readonly retryAfterMs?: number;
  /** The server's own words, without the request in front. */
  readonly statusMessage: string;

  constructor(status: number, body: StatusObject, request: string, retryAfterMs?: number) {
    const reason = body.reason || REASON_BY_STATUS[status] || 'Unknown';
    const statusMessage = body.message || reason;
    super(`${request}: ${status} ${reason}: ${statusMessage}`);
    this.name = 'ApiError';
    this.status = status;
    this.reason = reason;
    this.details = body.details ?? {};
    this.statusMessage = statusMessage;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }
}

/** Retry-After in milliseconds, from the header or the Status; only the form in seconds, which is all Kubernetes sends. */
export function retryAfterMs(headers: Headers, body: StatusObject): number | undefined {
  const seconds = Number(headers['retry-after'] ?? body.details?.retryAfterSeconds ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a refusal's body: a Status object, or the first words of whatever else it is. */
export function statusFromText(text: string): StatusObject {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed)) return parsed as StatusObject;
  } catch {
    // Not JSON: a proxy's page. Its words are shown, and nothing is decided by them.
  }
  const words = text
    .slice(0, 200)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return words ? { message: words } : {};
}

/** The error for an HTTP answer that is not a success. `request` names it for people, as in `GET /api/v1/pods`. */
export function apiErrorFromResponse(
  status: number,
  headers: Headers,
  text: string,
  request: string,
): ApiError {
  const body = statusFromText(text);
  return new ApiError(status, body, request, retryAfterMs(headers, body));
}

/** The error for a watch's ERROR frame. */
export function apiErrorFromFrame(status: StatusObject, request: string): ApiError {
  return new ApiError(status.code ?? 500, status, request, retryAfterMs({}, status));
}

const isApi = (error: unknown, status: number): error is ApiError =>
  error instanceof ApiError && error.status === status;

/** True for a 404: the object, its namespace or the resource itself is not there. */
export const isNotFound = (error: unknown): error is ApiError => isApi(error, 404);

/** True when a create met an object of that name. */
export const isAlreadyExists = (error: unknown): error is ApiError =>
  isApi(error, 409) && error.reason === 'AlreadyExists';

/** True when a precondition (resourceVersion, uid) did not hold. */
export const isConflict = (error: unknown): error is ApiError =>
  isApi(error, 409) && error.reason !== 'AlreadyExists';

/**
 * True when a namespace's quota is used up: of a pod, that means wait. Nothing but the sentence tells it from other refusals
 * (apiserver's pkg/admission/plugin/resourcequota); quota is the last to be asked, so all others have agreed.
 */
export const isQuotaUsedUp = (error: unknown): error is ApiError =>
  isApi(error, 403) && / is forbidden: exceeded quota: /.test(error.statusMessage);

/** True for a 422: validation, an admission policy, or a JSON patch whose `test` failed. */
export const isInvalid = (error: unknown): error is ApiError => isApi(error, 422);

/** True when a resourceVersion or a continue token is too old. */
export const isExpired = (error: unknown): error is ApiError =>
  error instanceof ApiError &&
  (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone');

/**
 * True when a resourceVersion lies in the server's future, as after a restore of etcd: only a list without a version
 * leads out of that.
 */
export const isVersionTooLarge = (error: unknown): error is ApiError =>
  error instanceof ApiError &&
  (error.details.causes ?? []).some((cause) => cause.reason === 'ResourceVersionTooLarge');
