import type { FinalState } from '../step/state.ts';
import type { JobView } from './observation.ts';
import type { Told } from './outcome.ts';

/** Whether the Job's own deadline has ended it. */
export const deadlinePassed = (job: JobView): boolean =>
  job.conditions.some((c) => c.status === 'True' && c.reason === 'DeadlineExceeded');

/** What that says where no stop of ours explains it: no step of ours has a deadline of 0. */
export function atDeadline(
  { deadlineSeconds }: JobView,
  started: boolean,
): { state: FinalState; told: Told } {
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
