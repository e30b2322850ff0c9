import type { EpochMs } from '../step/step.ts';
import type { ConditionView, PodView } from './observation.ts';

/** The condition of this type, if it holds. */
export function condition(conditions: readonly ConditionView[], type: string) {
  return conditions.find((c) => c.type === type && c.status === 'True');
}

/** When the pod was told to stop: Kubernetes shows the moment its grace will be over. */
export function stopTime(pod: PodView): EpochMs | undefined {
  return pod.deleteTime === undefined ? undefined : pod.deleteTime - pod.deleteGraceSeconds * 1000;
}
