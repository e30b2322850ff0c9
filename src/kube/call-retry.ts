import { jittered } from '../lib/backoff.ts';
import { ApiError } from './api-error.ts';
import { NetworkError, wasNeverSent } from './network-error.ts';

/** What is known when an attempt of a call has failed. */
export type FailedAttempt = {
  readonly error: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  /** Time since the call began: a server that is cut off lets every attempt take the whole time of a connect. */
  readonly waitedMs: number;
  /** True once the credentials were renewed for this call. */
  readonly renewed: boolean;
  /** True when sending it twice does no harm. */
  readonly resend: boolean;
};

export type CallRetryBounds = {
  readonly attempts: number;
  /** The caller waits in person; beyond this it is better told UNAVAILABLE and when to come back. */
  readonly maxWaitMs: number;
  /** First wait after a connection error. */
  readonly reconnectMs: number;
};

export type CallRetry = { readonly delayMs: number; readonly renew: boolean };

/**
 * client-go's rule: a 429 or 5xx is repeated only when the server says when. A connection error is repeated when
 * nothing was sent or when sending twice does no harm. A 401, or a certificate nobody trusts, renews the credentials,
 * once. Everything else is final.
 */
export function retryCall(
  failed: FailedAttempt,
  bounds: CallRetryBounds,
  random: () => number,
): CallRetry | undefined {
  const { error } = failed;
  if (isCredentialFailure(error) && !failed.renewed) return { delayMs: 0, renew: true };
  if (failed.attempt >= bounds.attempts) return undefined;
  const delayMs = delayFor(failed, bounds, random);
  if (delayMs === undefined || failed.waitedMs + delayMs > bounds.maxWaitMs) return undefined;
  return { delayMs, renew: false };
}

/** True when new credentials may be the cure. */
export const isCredentialFailure = (error: unknown): boolean =>
  (error instanceof ApiError && error.status === 401) ||
  (error instanceof NetworkError && error.kind === 'tls');

function delayFor(failed: FailedAttempt, bounds: CallRetryBounds, random: () => number): number | undefined {
  const { error } = failed;
  if (error instanceof ApiError) {
    const mayRetry = error.status === 429 || error.status >= 500;
    if (!mayRetry || error.retryAfterMs === undefined) return undefined;
    return jittered(error.retryAfterMs * 0.2, random, error.retryAfterMs);
  }
  if (!(error instanceof NetworkError) || error.kind === 'tls') return undefined;
  if (!wasNeverSent(error.kind) && !(failed.resend && error.kind === 'reset')) return undefined;
  return jittered(bounds.reconnectMs * 2 ** (failed.attempt - 1), random);
}
