import type { Clock } from '../clock.ts';
import { timestamp } from '../clock.ts';
import type { Delays } from '../delays.ts';
import type { EventRecorder } from '../events.ts';
import { sameJson } from '../json.ts';
import { isTerminal, type KubeObject, type NodeObject, type Pod, type PodCondition } from '../objects.ts';
import type { Registry } from '../registry/registry.ts';
import { nodes, pods } from '../registry/resources.ts';
import type { Store } from '../storage/store.ts';
import { createWorkQueue } from '../work-queue.ts';
import { type Misfit, misfitsOf, unschedulableMessage } from './fit.ts';

function withCondition(pod: Pod, condition: PodCondition): Pod {
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== condition.type);
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
}

function isWaiting(pod: Pod): boolean {
  const { schedulingGates = [], nodeName } = pod.spec;
  return (
    nodeName === undefined &&
    schedulingGates.length === 0 &&
    pod.metadata.deletionTimestamp === undefined &&
    !isTerminal(pod)
  );
}

/** Puts waiting pods on nodes, the highest priority first. Does not preempt. */
export function startScheduler(deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly delays: Delays;
  readonly recorder: EventRecorder;
  readonly onError: (error: unknown) => void;
}): { stop(): void } {
  const { store, registry, clock, delays, recorder } = deps;
  const waiting = new Set<string>();
  const bound = new Map<string, Map<string, Pod>>();

  const record = (
    about: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    action: string,
  ) => recorder.record({ about, type, reason, message, component: 'default-scheduler', action });

  const write = (pod: Pod, change: (current: Pod) => Pod): Pod => {
    const { namespace, name } = pod.metadata;
    return registry.update(pods, namespace, name, (current) => change(current as Pod), {
      trusted: true,
    }) as Pod;
  };

  const bind = (pod: Pod, node: string): void => {
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: timestamp(clock.now()),
    };
    const placed = write(pod, (current) =>
      withCondition({ ...current, spec: { ...current.spec, nodeName: node } }, condition),
    );
    const { namespace, name } = placed.metadata;
    record(placed, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`, 'Binding');
  };

  const refuse = (pod: Pod, misfits: readonly (readonly Misfit[])[]): void => {
    const message = unschedulableMessage(misfits);
    const known = pod.status.conditions?.find(({ type }) => type === 'PodScheduled');
    if (known?.message === message) return;
    const lastTransitionTime = timestamp(clock.now());
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime,
      reason: 'Unschedulable',
      message,
    };
    const refused = write(pod, (current) => withCondition(current, condition));
    record(refused, 'Warning', 'FailedScheduling', message, 'Scheduling');
  };

  const place = (pod: Pod): void => {
    const candidates = store.list(nodes.plural).map((node) => node as NodeObject);
    const tried = candidates.map((node) => ({
      node,
      misfits: misfitsOf(pod, node, [...(bound.get(node.metadata.name)?.values() ?? [])]),
    }));
    const fitting = tried.filter(({ misfits }) => misfits.length === 0);
    const load = (name: string) => bound.get(name)?.size ?? 0;
    const best = fitting.sort(
      (left, right) => load(left.node.metadata.name) - load(right.node.metadata.name),
    )[0];
    if (best === undefined)
      refuse(
        pod,
        tried.map(({ misfits }) => misfits),
      );
    else bind(pod, best.node.metadata.name);
  };

  const queue = createWorkQueue(clock, () => {
    const candidates = [...waiting]
      .flatMap((key) => (store.get(pods.plural, key) as Pod | undefined) ?? [])
      .filter(isWaiting);
    candidates.sort((left, right) => (right.spec.priority ?? 0) - (left.spec.priority ?? 0));
    for (const pod of candidates) {
      try {
        place(pod);
      } catch (error) {
        deps.onError(error);
      }
    }
  });

  /** Keeps who is on which node, and who waits. */
  const unsubscribe = store.subscribe(({ table, type, key, object, previous }) => {
    if (table === nodes.plural) queue.add('all', delays.schedule);
    if (table !== pods.plural) return;
    const pod = object as Pod;
    const gone = type === 'DELETED' || isTerminal(pod);
    const { nodeName } = pod.spec;
    if (nodeName !== undefined) {
      const onNode = bound.get(nodeName) ?? new Map<string, Pod>();
      bound.set(nodeName, onNode);
      if (!gone) onNode.set(key, pod);
      else if (onNode.delete(key) && waiting.size > 0) queue.add('all', delays.schedule);
    }
    if (type !== 'DELETED' && isWaiting(pod)) {
      const spec = (previous as Pod | undefined)?.spec;
      if (!waiting.has(key) || !sameJson(spec, pod.spec)) queue.add('all', delays.schedule);
      waiting.add(key);
    } else waiting.delete(key);
  });

  return {
    stop() {
      unsubscribe();
      queue.stop();
    },
  };
}
