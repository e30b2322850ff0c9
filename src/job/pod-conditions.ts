import type { EpochMs } from '../step/step.ts';
import type { ConditionView, PodView } from './observation.ts';

/** The condition of this type, if it holds. */
export function condition(conditions: readonly ConditionView[], type: string) {
  return conditions.find((c) => c.type === type && c.status === 'True');
}

/** Kubernetes has marked the pod as one that it takes away (KEP-3329). */
export const isDisrupted = ({ conditions }: Pick<PodView, 'conditions'>): boolean =>
  condition(conditions, 'DisruptionTarget') !== undefined;

/** The pod was lost to a disruption: where a Job replaces pods it is replaced (podFailurePolicy), and no other is. */
export const isLostPod = (pod: Pick<PodView, 'phase' | 'conditions'>): boolean =>
  pod.phase === 'Failed' && isDisrupted(pod);

/** When the pod was told to stop: Kubernetes shows the moment its grace will be over. */
export function stopTime(pod: PodView): EpochMs | undefined {
  return pod.deleteTime === undefined ? undefined : pod.deleteTime - pod.deleteGraceSeconds * 1000;
}
