import type { FinalState } from '../step/state.ts';
import type { EpochMs } from '../step/step.ts';
import type { JobView } from './observation.ts';
import type { Told } from './outcome.ts';
import { isHeldBack } from './retain.ts';

/** Whether the Job's own deadline has ended it. */
export const deadlinePassed = (job: JobView): boolean =>
  job.conditions.some((c) => c.status === 'True' && c.reason === 'DeadlineExceeded');

/** When the Job's own deadline ends it, pending time included; a suspended Job's clock stands still. */
export const jobDeadline = ({
  suspended,
  deadlineSeconds,
  startTime,
  createTime,
}: JobView): EpochMs | undefined =>
  suspended || deadlineSeconds === undefined ? undefined : (startTime ?? createTime) + deadlineSeconds * 1000;

/**
 * What that says where no stop of ours explains it: no step of ours has a deadline of 0, but for one that is stopped because its Job was
 * deleted while its record is held.
 */
export function atDeadline(job: JobView, started: boolean): { state: FinalState; told: Told } {
  const { deadlineSeconds } = job;
  if (deadlineSeconds === 0 && isHeldBack(job)) {
    const message = 'Somebody deleted the Job; the API server does not tell who.';
    return {
      state: 'FAILED',
      told: { category: 'DISRUPTION', reason: 'JobDeleted', message, retry: 'SAME' },
    };
  }
  if (deadlineSeconds === 0) {
    const message = "Somebody set the Job's deadline to 0, which ends it; the API server does not tell who.";
    return {
      state: 'FAILED',
      told: { category: 'DISRUPTION', reason: 'JobStopped', message, retry: 'SAME' },
    };
  }
  const message = `The step reached its total time${deadlineSeconds === undefined ? '' : ` of ${deadlineSeconds} s`}.`;
  const retry = started ? 'MORE_RESOURCES' : 'ELSEWHERE';
  return { state: 'TIMED_OUT', told: { category: 'TIMEOUT', reason: 'TotalTimeout', message, retry } };
}
