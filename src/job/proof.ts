import { condition, isDisrupted } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';

/**
 * What proves that nothing of a pod runs, or ever will: `reported`, its node said how the agent's container ended; `never-started`, its
 * container was never made; `node-out-of-service`, its node is declared dead, and its container's end is known to nobody.
 */
export type Proof = 'reported' | 'never-started' | 'node-out-of-service';

/** Undefined while nothing is proven. A pod object that is gone proves nothing by itself (DESIGN.md section 4). */
export function proofOf(pod: PodFacts): Proof | undefined {
  const { view } = pod;
  if (view.agent?.kind === 'terminated') return 'reported';
  if (pod.startTime === undefined && neverStarted(pod)) return 'never-started';
  return view.phase === 'Failed' && outOfService(pod) ? 'node-out-of-service' : undefined;
}

function neverStarted({ view, sawEnd }: PodFacts): boolean {
  if (view.phase !== 'Failed') return sawEnd && view.node === '';
  if (view.node === '' || view.failedInit !== undefined) return true;
  // A node that refuses a pod says why, and says nothing of containers. Old node controllers write NodeLost where a node is silent.
  if (view.agent === undefined && view.reason !== '' && view.reason !== 'NodeLost') return true;
  const byNode = view.deleteTime === undefined && !isDisrupted(view);
  return byNode && !view.created;
}

/**
 * Only the pod garbage collector fails a pod whose container was not reported as ended: of a Node object that was deleted, which it says
 * and which proves nothing, or of a node with the out-of-service taint, which somebody set who knows that the machine is off.
 */
const outOfService = ({ view }: PodFacts): boolean =>
  view.deleteTime !== undefined &&
  condition(view.conditions, 'DisruptionTarget')?.reason !== 'DeletionByPodGC';

/** Whether nothing more will be said of the pod. */
export const isFinalPod = ({ gone, view }: PodFacts): boolean => gone || isFinalPhase(view.phase);

export const isFinalPhase = (phase: string): boolean => phase === 'Succeeded' || phase === 'Failed';
