import type { EpochMs } from '../step/step.ts';
import type { JobFacts } from './facts.ts';
import type { NodeView } from './node-view.ts';
import { condition } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';

/** What is known of the node that a pod is on; undefined where there is nothing to say of it, or nobody watches nodes. */
export const nodeOf = (
  { nodes = [] }: Pick<JobFacts, 'nodes'>,
  pod: PodFacts | undefined,
): NodeView | undefined =>
  pod === undefined || pod.view.node === '' ? undefined : nodes.find(({ name }) => name === pod.view.node);

/** A node that has stopped to report, or whose object is gone: what its pods do is known to nobody. */
export interface Silence {
  readonly message: string;
  readonly since: EpochMs | undefined;
}

/** Undefined while the node of a pod is heard of, as far as the node and the pod itself show. */
export function silenceOf({ view }: PodFacts, node: NodeView | undefined): Silence | undefined {
  if (view.node === '') return undefined;
  if (node?.gone) return { message: `The Node object ${view.node} was deleted.`, since: undefined };
  if (node?.notReady?.status === 'Unknown')
    return { message: `The node ${view.node} has stopped to report.`, since: node.notReady.since };
  const unready = view.conditions.find(({ type, status }) => type === 'Ready' && status === 'False');
  // A kubelet calls a pod of ours ready when its containers are. That the one is not while the others are is the node controller's word.
  if (unready === undefined || view.agent?.kind !== 'running') return undefined;
  if (condition(view.conditions, 'ContainersReady') === undefined) return undefined;
  // The kubelet's own word: somebody has put readiness gates on the pod.
  if (unready.reason === 'ReadinessGatesNotReady') return undefined;
  return { message: `The node ${view.node} has stopped to report.`, since: unready.time };
}
