import type { Lingering } from '../step/step.ts';
import type { Life } from './life.ts';
import type { JobView } from './observation.ts';
import { isFinalPod } from './proof.ts';

/** The other containers of a pod whose agent has ended, as long as nobody has told the pod to stop. */
export function lingering(job: JobView, { pod }: Pick<Life, 'pod'>): { lingering?: Lingering } {
  if (pod === undefined || isFinalPod(pod) || job.deleteTime !== undefined || job.deadlineSeconds === 0)
    return {};
  const { agent, running, deleteTime } = pod.view;
  if (agent?.kind !== 'terminated' || running.length === 0 || deleteTime !== undefined) return {};
  return { lingering: { containers: running, since: agent.endTime ?? pod.view.createTime } };
}
