import { type BackoffBounds, jittered, nextCeiling } from '../lib/backoff.ts';

/** How one round of list and watch ended. */
export type Outcome =
  /** The server ended the watch in good order. `progressed`: the resourceVersion moved meanwhile. */
  | { readonly kind: 'closed'; readonly openMs: number; readonly progressed: boolean }
  /** The version or the continue token is too old, or lies in the server's future. */
  | { readonly kind: 'expired'; readonly progressed: boolean }
  /** Nothing came for the whole idle time, not even a bookmark. */
  | { readonly kind: 'idle'; readonly progressed: boolean }
  /** Somebody who knows better asked for a new list. */
  | { readonly kind: 'requested'; readonly progressed: boolean }
  /** Anything else: refused, reset, 429, 5xx, 403, a frame that does not parse. */
  | { readonly kind: 'failed'; readonly progressed: boolean; readonly retryAfterMs?: number | undefined };

/**
 * What the next round starts with. `resume`: go on from the last version. `recent`: list anything not older than it.
 * `latest`: list what is true now, because the last version is of no use.
 */
export type NextRound = 'resume' | 'recent' | 'latest';

/** What is remembered from round to round. */
export type RetryState = {
  /** Ceiling of the last backoff; 0 when there was none. */
  readonly ceilingMs: number;
  /** Since when no round has failed; absent right after a failure, and before the first success. */
  readonly okSince?: number;
  /** Watches in a row that closed at once without progress. */
  readonly shorts: number;
  /** Answers in a row that said Expired. */
  readonly expirations: number;
};

export type RetryTuning = BackoffBounds & {
  /** Healthy for this long: the next failure starts from the base again. */
  readonly resetMs: number;
  /** A watch that closes sooner than this, without progress, was not one. */
  readonly shortMs: number;
};

export type Decision = { readonly state: RetryState; readonly delayMs: number; readonly next: NextRound };

export const INITIAL_RETRY: RetryState = { ceilingMs: 0, shorts: 0, expirations: 0 };

/** client-go's values: 0.8 s doubling to 30 s, forgotten after two healthy minutes. */
export const RETRY_TUNING: RetryTuning = { baseMs: 800, capMs: 30_000, resetMs: 120_000, shortMs: 1_000 };

/** To be called when a list is complete or a watch has opened: health counts from here. */
export const succeeded = (state: RetryState, now: number): RetryState =>
  state.okSince === undefined ? { ...state, okSince: now } : state;

/** The whole policy: what to do after a round, and when. Pure. */
export function decide(
  before: RetryState,
  outcome: Outcome,
  now: number,
  random: () => number,
  tuning: RetryTuning = RETRY_TUNING,
): Decision {
  const state = outcome.progressed ? { ...before, shorts: 0, expirations: 0 } : before;
  const failure = (next: NextRound, floorMs = 0): Decision => {
    const healthy = state.okSince !== undefined && now - state.okSince >= tuning.resetMs;
    const ceilingMs = nextCeiling(healthy ? 0 : state.ceilingMs, tuning);
    const { okSince: _, ...rest } = state;
    return { state: { ...rest, ceilingMs }, delayMs: jittered(ceilingMs, random, floorMs), next };
  };
  const atOnce = (changes: Partial<RetryState>, next: NextRound): Decision => ({
    state: { ...state, ...changes },
    delayMs: 0,
    next,
  });
  const with_ = (changes: Partial<RetryState>, decision: Decision): Decision => ({
    ...decision,
    state: { ...decision.state, ...changes },
  });

  switch (outcome.kind) {
    case 'closed': {
      if (outcome.progressed || outcome.openMs >= tuning.shortMs) return atOnce({ shorts: 0 }, 'resume');
      // Some servers answer a version they no longer have with an empty, orderly stream instead of a 410.
      if (state.shorts === 0) return with_({ shorts: 1 }, failure('resume'));
      return with_({ shorts: 0 }, failure('recent'));
    }
    case 'expired': {
      const expirations = state.expirations + 1;
      return expirations === 1
        ? atOnce({ expirations }, 'latest')
        : with_({ expirations }, failure('latest'));
    }
    case 'idle':
      // The silence has paced us already.
      return atOnce({ shorts: 0 }, 'resume');
    case 'requested':
      return atOnce({}, 'latest');
    case 'failed':
      return failure('resume', outcome.retryAfterMs);
    default:
      return outcome satisfies never;
  }
}
