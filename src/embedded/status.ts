import type { Resource } from './registry/resources.ts';
import { qualifiedName } from './registry/resources.ts';
import { aggregate, distinct, type FieldError, notSupported } from './validation/field-error.ts';

/** metav1.Status, the body of every refusal. */
export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure' | 'Success';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: { reason: string; message: string; field?: string }[];
    retryAfterSeconds?: number;
  };
  code?: number;
};

/** A refusal with the Status that tells it, worded as the real API server words it. */
export class ApiError extends Error {
  readonly status: Status;

  constructor(code: number, reason: string, message: string, details?: Status['details']) {
    super(message);
    this.name = 'ApiError';
    const said = reason === '' ? { message } : { message, reason };
    const base = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...said } as const;
    this.status = details === undefined ? { ...base, code } : { ...base, details, code };
  }

  get code(): number {
    return this.status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

/** group is left out for the core group, as the real server does. */
function about(resource: Resource, name: string, kind = resource.plural): NonNullable<Status['details']> {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind,
  };
}

export function notFound(resource: Resource, name: string): ApiError {
  return new ApiError(
    404,
    'NotFound',
    `${qualifiedName(resource)} "${name}" not found`,
    about(resource, name),
  );
}

export function alreadyExists(resource: Resource, name: string): ApiError {
  return new ApiError(
    409,
    'AlreadyExists',
    `${qualifiedName(resource)} "${name}" already exists`,
    about(resource, name),
  );
}

export function conflict(resource: Resource, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, about(resource, name));
}

/** A deletion's precondition that does not hold. It names the kind where other conflicts name the resource, as the real server does. */
export function preconditionFailed(resource: Resource, name: string, why: string): ApiError {
  const { kind, group } = resource;
  const qualified = group === '' ? kind : `${kind}.${group}`;
  const message = `Operation cannot be fulfilled on ${qualified} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, about(resource, name, kind));
}

export const MODIFIED_SINCE =
  'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(resource: Resource, name: string, why: string): ApiError {
  const subject = name === '' ? qualifiedName(resource) : `${qualifiedName(resource)} "${name}"`;
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${why}`, about(resource, name));
}

export function invalid(
  kind: string,
  group: string,
  name: string,
  violations: readonly FieldError[],
): ApiError {
  const errors = distinct(violations);
  const qualified = group === '' ? kind : `${kind}.${group}`;
  return new ApiError(422, 'Invalid', `${qualified} "${name}" is invalid: ${aggregate(errors)}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind,
    causes: errors.map(({ type, body, field }) => ({ reason: type, message: body, field })),
  });
}

/** A value of a request's options that is none of those there are. */
export function unsupportedOption(
  options: string,
  field: string,
  value: unknown,
  supported: readonly string[],
): ApiError {
  return invalid(`${options}Options`, 'meta.k8s.io', '', [notSupported(field, value, supported)]);
}

/** What a failed JSON patch gets: the real server says no more than this. */
export function unprocessablePatch(): ApiError {
  return new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

export function noSuchResource(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): ApiError {
  return new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** A patch in none of the forms there are; the real server words this one differently. */
export function unsupportedPatchType(): ApiError {
  return new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

export function tooLarge(limit: number): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}
