import { ExecutorError } from '../step/errors.ts';

/*
 * What a caller is told who could not prove who it is. The words help whoever sends the credential, and say nothing about which others would do.
 */

export const credentialsMissing = (ways: readonly string[]): ExecutorError =>
  new ExecutorError({
    code: 'UNAUTHENTICATED',
    reason: 'CREDENTIALS_MISSING',
    message: `nobody is known by this call: send ${ways.join(' or ')}`,
  });

export const certificateInvalid = (why: string): ExecutorError =>
  new ExecutorError({
    code: 'UNAUTHENTICATED',
    reason: 'CERTIFICATE_INVALID',
    message: `the client certificate of this connection is not accepted: ${why}`,
  });

export const tokenExpired = (): ExecutorError =>
  new ExecutorError({
    code: 'UNAUTHENTICATED',
    reason: 'TOKEN_EXPIRED',
    message: 'the bearer token has expired: get another one',
  });

export const tokenInvalid = (why: string): ExecutorError =>
  new ExecutorError({
    code: 'UNAUTHENTICATED',
    reason: 'TOKEN_INVALID',
    message: `the bearer token is not accepted: ${why}`,
  });

/** Nobody can say now whether the credential is good. */
export const identityUnavailable = (cause?: unknown): ExecutorError =>
  new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'IDENTITY_UNAVAILABLE',
    message: 'whether the bearer token is good cannot be found out at this moment; repeat the call',
    retryAfterMs: 1_000,
    cause,
  });
