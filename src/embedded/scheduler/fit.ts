import { isTerminal, type NodeObject, type Pod, type Toleration } from '../objects.ts';
import { addQuantities, type Quantity, quantityOf, zero } from '../quantity.ts';

/** Why a pod does not fit a node. `lasting` reasons would remain if every other pod were gone. */
export type Misfit = { readonly reason: string; readonly lasting: boolean };

type Taint = { key: string; value?: string; effect: string };

function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some(({ key, operator = 'Equal', value = '', effect }) => {
    if (effect !== undefined && effect !== '' && effect !== taint.effect) return false;
    if (key === undefined || key === '') return operator === 'Exists';
    return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
  });
}

/** What a pod asks of its node, by resource name. */
function requestsOf(pod: Pod): ReadonlyMap<string, Quantity> {
  const sum = new Map<string, Quantity>();
  for (const { resources } of pod.spec.containers) {
    for (const [name, value] of Object.entries(resources?.requests ?? {})) {
      sum.set(name, addQuantities(sum.get(name) ?? zero, quantityOf(value)));
    }
  }
  return sum;
}

function resourceMisfits(pod: Pod, node: NodeObject, others: readonly Pod[]): Misfit[] {
  const { allocatable } = node.status;
  const used = others.map(requestsOf);
  const misfits: Misfit[] = [];
  if (quantityOf(allocatable.pods ?? '110').nanos < quantityOf(String(others.length + 1)).nanos) {
    misfits.push({ reason: 'Too many pods', lasting: false });
  }
  for (const [name, wanted] of requestsOf(pod)) {
    if (wanted.nanos === 0n) continue;
    const total = quantityOf(allocatable[name]).nanos;
    const taken = used.reduce((sum, requests) => sum + (requests.get(name)?.nanos ?? 0n), 0n);
    if (wanted.nanos + taken > total)
      misfits.push({ reason: `Insufficient ${name}`, lasting: wanted.nanos > total });
  }
  return misfits;
}

/** Every reason why a pod cannot go to a node; none means that it can. */
export function misfitsOf(pod: Pod, node: NodeObject, podsOnNode: readonly Pod[]): Misfit[] {
  const tolerations = pod.spec.tolerations ?? [];
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec.unschedulable === true && !tolerates(tolerations, cordon)) {
    return [{ reason: 'node(s) were unschedulable', lasting: true }];
  }
  const taint = (node.spec.taints ?? []).find(
    (candidate) => candidate.effect !== 'PreferNoSchedule' && !tolerates(tolerations, candidate),
  );
  if (taint !== undefined) return [{ reason: 'node(s) had untolerated taint(s)', lasting: true }];
  const labels = node.metadata.labels ?? {};
  if (Object.entries(pod.spec.nodeSelector ?? {}).some(([key, value]) => labels[key] !== value)) {
    return [{ reason: "node(s) didn't match Pod's node affinity/selector", lasting: true }];
  }
  return resourceMisfits(
    pod,
    node,
    podsOnNode.filter((other) => !isTerminal(other)),
  );
}

function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(', ');
}

/** The scheduler's sentence for a pod that fits no node; `misfits` has one list for each node. */
export function unschedulableMessage(misfits: readonly (readonly Misfit[])[]): string {
  const total = misfits.length;
  if (total === 0) return 'no nodes available to schedule pods';
  const reasons = histogram(misfits.flatMap((list) => list.map(({ reason }) => reason)));
  const preemption = misfits.map((list) =>
    list.some(({ lasting }) => lasting)
      ? 'Preemption is not helpful for scheduling'
      : 'No preemption victims found for incoming pod',
  );
  const none = `0/${total} nodes are available`;
  return `${none}: ${reasons}. preemption: ${none}: ${histogram(preemption)}.`;
}
