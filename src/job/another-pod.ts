import type { JobFacts } from './facts.ts';
import type { JobView } from './observation.ts';
import type { Ended } from './outcome.ts';
import type { Stop } from './stop.ts';

/**
 * Whether the Job controller may have made another pod that was not seen yet: it replaces pods by the Job's policy, and any pod that
 * somebody has taken from it (KUBERNETES.md section 1). `undecided`: it may do so still, until it decides on the Job's end; `unread`: a
 * consistent read must show that it has not. An end that says that nothing runs is not told before.
 */
export function anotherPod(
  job: JobView,
  { gone, noMorePods }: Pick<JobFacts, 'gone' | 'noMorePods'>,
  stop: Stop | undefined,
  { state }: Ended,
): 'undecided' | 'unread' | 'none' {
  const ordered = state === 'CANCELLED' || (state === 'TIMED_OUT' && stop !== undefined);
  if (!ordered && (state === 'SUCCEEDED' || !job.replaces)) return 'none';
  if (!gone && job.deleteTime === undefined && !isDecided(job)) return 'undecided';
  return noMorePods ? 'none' : 'unread';
}

/** Its pods are deleted before one of these is written. */
const decisions = ['FailureTarget', 'Failed', 'SuccessCriteriaMet', 'Complete', 'Suspended'];
const isDecided = ({ conditions }: JobView): boolean =>
  conditions.some((c) => c.status === 'True' && decisions.includes(c.type));
