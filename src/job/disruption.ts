import type { ConditionView, JobView } from './observation.ts';
import { condition } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';

const reasons: Readonly<Record<string, string>> = {
  PreemptionByScheduler: 'Preempted',
  DeletionByTaintManager: 'NodeTainted',
  EvictionByEvictionAPI: 'Evicted',
  TerminationByKubelet: 'Evicted',
  DeletionByPodGC: 'NodeLost',
};

/** Our reason for the cluster's mark on a pod that it takes away. */
export const disruptionReason = (mark: Pick<ConditionView, 'reason'>): string =>
  reasons[mark.reason] ?? 'Disrupted';

/** Why a pod that Kubernetes replaces was lost. */
export function whyReplaced(job: JobView, pod: PodFacts | undefined): { reason: string; message: string } {
  const mark = pod && condition(pod.view.conditions, 'DisruptionTarget');
  const said = mark?.message.trim() || 'its end was not seen';
  return {
    reason: mark === undefined ? 'Disrupted' : disruptionReason(mark),
    message: `Pod ${pod?.view.name ?? job.name} was lost, and is replaced: ${said}`,
  };
}
