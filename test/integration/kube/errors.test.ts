import { describe, expect, test } from 'vitest';
import {
  ApiError,
  isAlreadyExists,
  isConflict,
  isExpired,
  isInvalid,
  isNotFound,
  isVersionTooLarge,
  type StatusDetails,
} from '../../../src/kube/api-error.ts';
import { CredentialsError } from '../../../src/kube/credentials.ts';
import { toExecutorError } from '../../../src/kube/errors.ts';
import { NetworkError, type NetworkErrorKind, networkErrorFrom } from '../../../src/kube/network-error.ts';
import { ExecutorError } from '../../../src/step/errors.ts';

const refusal = (
  code: number,
  reason: string,
  message = '',
  details: StatusDetails = {},
  retryAfterMs?: number,
) => new ApiError(code, { code, reason, message, details }, 'POST /x', retryAfterMs);

// The messages are the API server's own, 1.37.2.
const ROWS: readonly [name: string, error: ApiError, want: object][] = [
  [
    'our RBAC',
    refusal(
      403,
      'Forbidden',
      'jobs.batch is forbidden: User "system:serviceaccount:glip:executor" cannot create resource "jobs" in API group "batch" in the namespace "x"',
    ),
    {
      code: 'INTERNAL',
      reason: 'KUBERNETES_FORBIDDEN',
      message: 'the executor lacks a permission in the cluster: create jobs.batch',
    },
  ],
  [
    'our RBAC on a subresource',
    refusal(
      403,
      'Forbidden',
      'pods "p" is forbidden: User "u" cannot get resource "pods/log" in API group "" in the namespace "x"',
    ),
    {
      code: 'INTERNAL',
      reason: 'KUBERNETES_FORBIDDEN',
      message: 'the executor lacks a permission in the cluster: get pods/log',
    },
  ],
  [
    'our RBAC on a path',
    refusal(403, 'Forbidden', 'forbidden: User "system:anonymous" cannot get path "/version"'),
    {
      code: 'INTERNAL',
      reason: 'KUBERNETES_FORBIDDEN',
      message: 'the executor lacks a permission in the cluster',
    },
  ],
  [
    'a full quota',
    refusal(
      403,
      'Forbidden',
      'jobs.batch "j" is forbidden: exceeded quota: q, requested: count/jobs.batch=1, used: count/jobs.batch=5, limited: count/jobs.batch=5',
      { name: 'j', kind: 'jobs' },
    ),
    {
      code: 'FAILED_PRECONDITION',
      reason: 'KUBERNETES_ADMISSION_REFUSED',
      metadata: { kind: 'jobs', name: 'j', kubernetesReason: 'Forbidden', kubernetesStatus: '403' },
    },
  ],
  [
    'Pod Security',
    refusal(
      403,
      'Forbidden',
      'pods "p" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    ),
    { code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_ADMISSION_REFUSED' },
  ],
  [
    'a namespace that goes away',
    refusal(
      403,
      'Forbidden',
      'jobs.batch "j" is forbidden: unable to create new content in namespace x because it is being terminated',
      { causes: [{ reason: 'NamespaceTerminating' }] },
    ),
    { code: 'FAILED_PRECONDITION' },
  ],
  [
    'a webhook with its default code',
    refusal(400, '', 'admission webhook "w.example.org" denied the request: no'),
    { code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_ADMISSION_REFUSED' },
  ],
  [
    'a webhook with 422',
    refusal(422, 'Invalid', 'admission webhook "w.example.org" denied the request: no'),
    { code: 'FAILED_PRECONDITION' },
  ],
  [
    'a webhook that cannot be called',
    refusal(500, 'InternalError', 'Internal error occurred: failed calling webhook "w": timeout'),
    { code: 'UNAVAILABLE', reason: 'KUBERNETES_UNAVAILABLE' },
  ],
  [
    'an admission policy',
    refusal(
      422,
      'Invalid',
      'jobs.batch "j" is forbidden: ValidatingAdmissionPolicy \'p\' denied request: no',
      { causes: [{ message: 'no' }] },
    ),
    { code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_ADMISSION_REFUSED' },
  ],
  [
    'a template of ours that is wrong',
    refusal(422, 'Invalid', 'Job.batch "j" is invalid: spec.template: Required value', {
      causes: [{ reason: 'FieldValueRequired', field: 'spec.template', message: 'Required value' }],
    }),
    { code: 'INTERNAL', reason: 'KUBERNETES_INVALID' },
  ],
  [
    'a bad request of ours',
    refusal(400, 'BadRequest', 'json: cannot unmarshal'),
    { code: 'INTERNAL', reason: 'KUBERNETES_INVALID' },
  ],
  [
    'credentials that are not known',
    refusal(401, 'Unauthorized'),
    { code: 'UNAVAILABLE', reason: 'KUBERNETES_UNAUTHORIZED', retryAfterMs: 5_000 },
  ],
  [
    'nothing there',
    refusal(404, 'NotFound', 'namespaces "x" not found', { kind: 'namespaces', name: 'x' }),
    { code: 'NOT_FOUND', reason: 'KUBERNETES_NOT_FOUND' },
  ],
  [
    'there already',
    refusal(409, 'AlreadyExists'),
    { code: 'ALREADY_EXISTS', reason: 'KUBERNETES_ALREADY_EXISTS' },
  ],
  [
    'a lost race',
    refusal(409, 'Conflict'),
    { code: 'UNAVAILABLE', reason: 'KUBERNETES_CONFLICT', retryAfterMs: 200 },
  ],
  ['an old version', refusal(410, 'Expired'), { code: 'UNAVAILABLE' }],
  [
    'too large',
    refusal(413, 'RequestEntityTooLarge'),
    { code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_TOO_LARGE' },
  ],
  [
    'a verb this cluster does not know',
    refusal(405, 'MethodNotAllowed'),
    { code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_UNSUPPORTED' },
  ],
  [
    'throttled, with a time',
    refusal(429, 'TooManyRequests', '', {}, 7_000),
    { code: 'UNAVAILABLE', reason: 'KUBERNETES_THROTTLED', retryAfterMs: 7_000 },
  ],
  ['throttled, without', refusal(429, 'TooManyRequests'), { code: 'UNAVAILABLE', retryAfterMs: 1_000 }],
  [
    'a timeout of etcd',
    refusal(504, 'Timeout'),
    { code: 'UNAVAILABLE', reason: 'KUBERNETES_UNAVAILABLE', retryAfterMs: 1_000 },
  ],
];

describe('toExecutorError', () => {
  test.each(ROWS)('%s', (_, error, want) => {
    const got = toExecutorError(error);
    expect(got).toMatchObject(want);
    expect(got.cause).toBe(error);
  });

  test('the words of the server are shown where a person can act on them, and nowhere else', () => {
    const inside = 'User "u" cannot create resource "jobs"';
    expect(toExecutorError(refusal(403, 'Forbidden', inside)).message).not.toContain('User');
    expect(toExecutorError(refusal(403, 'Forbidden', 'exceeded quota: q')).message).toContain(
      'exceeded quota: q',
    );
  });

  test.each<[NetworkErrorKind, string]>([
    ['refused', 'KUBERNETES_UNREACHABLE'],
    ['tls', 'KUBERNETES_UNREACHABLE'],
    ['reset', 'KUBERNETES_UNREACHABLE'],
    ['timeout', 'KUBERNETES_TIMEOUT'],
    ['idle', 'KUBERNETES_TIMEOUT'],
  ])('a network failure (%s) is UNAVAILABLE with a time', (kind, reason) => {
    const got = toExecutorError(new NetworkError(kind, 'x'));
    expect(got).toMatchObject({ code: 'UNAVAILABLE', reason, retryAfterMs: 1_000 });
  });

  test('credentials that cannot be read, a caller that left, a deadline, our own, and the unknown', () => {
    expect(toExecutorError(new CredentialsError('x'))).toMatchObject({ reason: 'KUBERNETES_CREDENTIALS' });
    expect(toExecutorError(AbortSignal.abort().reason)).toMatchObject({ code: 'CANCELLED' });
    expect(toExecutorError(new DOMException('late', 'TimeoutError'))).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    const own = new ExecutorError({ code: 'OUT_OF_RANGE', reason: 'X', message: 'x' });
    expect(toExecutorError(own)).toBe(own);
    const unknown = toExecutorError(new TypeError('secret detail'));
    expect(unknown).toMatchObject({ code: 'INTERNAL', message: 'internal error' });
  });
});

describe('what a refusal is', () => {
  test.each([
    ['not found', isNotFound, refusal(404, 'NotFound'), true],
    ['exists', isAlreadyExists, refusal(409, 'AlreadyExists'), true],
    ['exists is no conflict', isConflict, refusal(409, 'AlreadyExists'), false],
    ['conflict', isConflict, refusal(409, 'Conflict'), true],
    ['invalid', isInvalid, refusal(422, 'Invalid'), true],
    ['expired', isExpired, refusal(410, 'Expired'), true],
    ['expired by reason', isExpired, refusal(500, 'Expired'), true],
    [
      'from the future',
      isVersionTooLarge,
      refusal(504, 'Timeout', '', { causes: [{ reason: 'ResourceVersionTooLarge' }] }),
      true,
    ],
    ['a plain timeout is not', isVersionTooLarge, refusal(504, 'Timeout'), false],
    ['another error', isNotFound, new Error('404'), false],
  ])('%s', (_, is, error, want) => {
    expect(is(error)).toBe(want);
  });
});

describe('network failures', () => {
  test.each([
    ['ECONNREFUSED', 'refused'],
    ['ENOTFOUND', 'dns'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connect-timeout'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['HPE_INVALID_CONSTANT', 'protocol'],
    ['UND_ERR_SOCKET', 'reset'],
    ['EPIPE', 'reset'],
  ])('%s is %s', (code, kind) => {
    expect(networkErrorFrom(Object.assign(new Error('x'), { code }), 'GET /x')).toMatchObject({ kind });
  });

  test('whatever is thrown gets a name', () => {
    expect(networkErrorFrom('odd', 'GET /x')).toMatchObject({ kind: 'reset', message: 'GET /x: odd' });
  });
});
