import type { Lingering } from '../step/wishes.ts';
import { isDecided } from './decision.ts';
import type { JobFacts } from './facts.ts';
import type { Life } from './life.ts';
import type { JobView } from './observation.ts';
import { isHeld } from './one-start.ts';
import { isFinalPod } from './proof.ts';

/** The other containers of a pod whose agent has ended, as long as nobody has told the pod to stop. */
export function lingering(job: JobView, { pod }: Pick<Life, 'pod'>): { lingering?: Lingering } {
  if (pod === undefined || isFinalPod(pod) || job.deleteTime !== undefined || job.deadlineSeconds === 0)
    return {};
  const { agent, running, deleteTime } = pod.view;
  if (agent?.kind !== 'terminated' || running.length === 0 || deleteTime !== undefined) return {};
  return { lingering: { since: agent.endTime ?? pod.view.createTime } };
}

/**
 * Another pod of a Job whose step has ended with `pod`: somebody took that from the Job, or its node was lost in the second in which the
 * agent's success was known here and not to the Job. It would do the work again, or wait behind its gate for ever.
 */
export function anotherLingers(
  job: JobView,
  { gone, pods }: Pick<JobFacts, 'gone' | 'pods'>,
  pod: string | undefined,
): { lingering?: Lingering } {
  // The Job controller deletes the pods of a Job that it has decided on by itself.
  if (gone || job.deleteTime !== undefined || job.deadlineSeconds === 0 || isDecided(job)) return {};
  const other = pods.find(
    (p) => (p.view.uid !== pod || isHeld(p)) && !isFinalPod(p) && p.view.deleteTime === undefined,
  );
  return other === undefined ? {} : { lingering: { since: other.view.createTime, pod: true } };
}
