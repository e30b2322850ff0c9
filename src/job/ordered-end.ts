import type { FinalState } from '../step/state.ts';
import type { Outcome } from '../step/step.ts';
import { type OutcomeReason, type TheirReason, theirReason } from './outcome-reasons.ts';
import { isWaitingReason, waitingReasons } from './reasons.ts';
import type { Stop } from './stop.ts';

/** What a rule says; the rest of an outcome is read from the objects. */
export type Told = Pick<Outcome, 'category' | 'message' | 'retry'> & {
  readonly reason: OutcomeReason | TheirReason;
};

/** Why a step waits, as far as its end tells it. */
export type LastWait = { readonly reason: string; readonly message: string } | undefined;

/**
 * The end that the executor itself has ordered, once it is proven. `waited` is what the step was last seen to wait for, where the stop
 * does not say it.
 */
export function orderedEnd(
  stop: Stop,
  started: boolean,
  waited: LastWait,
): { state: FinalState; told: Told } {
  if (stop.cause === 'Cancel') {
    return { state: 'CANCELLED', told: { reason: 'Cancelled', message: 'Cancelled on request.' } };
  }
  const why = stop.waiting ?? waited;
  if (stop.cause !== 'WaitingTooLong') {
    const message = `${stop.reason}${waitSentence(started ? undefined : why)}`;
    return { state: 'TIMED_OUT', told: timeoutTold(stop.cause, message, started) };
  }
  const reason = why?.reason ?? 'WaitingTooLong';
  // An executor of a newer version may know more reasons.
  const { category, retry } = isWaitingReason(reason)
    ? waitingReasons[reason]
    : ({ category: 'PLATFORM', retry: 'LATER' } as const);
  const late = started ? ' Its process had started by then, and was stopped.' : '';
  return {
    state: 'FAILED',
    told: {
      category,
      retry,
      reason: theirReason(reason),
      message: `${sentence(why?.message ?? '')}${stop.reason}${late}`,
    },
  };
}

export const timeoutTold = (reason: OutcomeReason, message: string, started: boolean): Told => ({
  category: 'TIMEOUT',
  reason,
  message,
  retry: retryAfterTimeout(reason, started),
});

/** More time helps what has run; what has not needs another place, or a mended cause. */
const retryAfterTimeout = (reason: OutcomeReason, started: boolean) =>
  started && reason !== 'QueueTimeout' && reason !== 'StartTimeout' ? 'MORE_RESOURCES' : 'ELSEWHERE';

/** What the step waited for, behind another sentence. */
export const waitSentence = (waited: LastWait): string =>
  waited === undefined
    ? ''
    : ` It waited: ${[waited.reason, waited.message].filter((s) => s !== '').join(': ')}`;

const sentence = (text: string): string => (text === '' ? '' : `${text.replace(/[.\s]*$/, '')}. `);
