import { isDecided } from './decision.ts';
import type { JobFacts } from './facts.ts';
import type { JobView } from './observation.ts';
import type { Ended } from './outcome.ts';
import { condition } from './pod-conditions.ts';
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
  const suspended = condition(job.conditions, 'Suspended') !== undefined;
  if (!gone && job.deleteTime === undefined && !suspended && !isDecided(job)) return 'undecided';
  return noMorePods ? 'none' : 'unread';
}
