import { list, type RawObject, record, text, time } from '../job/raw.ts';
import type { EpochMs, ObjectRef } from '../step/step.ts';

/** What a reader of logs needs to know of a container. */
export interface ContainerSight {
  /** `never`: it is over and its process has never started. */
  readonly state: 'waiting' | 'running' | 'ended' | 'never';
  /** Why it waits, or what ended it; may be empty. */
  readonly reason: string;
  readonly startTime: EpochMs | undefined;
  /** By the node's clock; undefined where the node does not tell it. */
  readonly endTime?: EpochMs | undefined;
}

export interface PodSight {
  readonly ref: ObjectRef;
  readonly createTime: EpochMs;
  readonly containers: ReadonlyMap<string, ContainerSight>;
}

/** The pods of a Job as one consistent read shows them, oldest first. */
export function podSights(pods: readonly RawObject[]): readonly PodSight[] {
  return pods.map(sightOf).sort((a, b) => a.createTime - b.createTime || (a.ref.uid < b.ref.uid ? -1 : 1));
}

function sightOf(pod: RawObject): PodSight {
  const metadata = record(pod.metadata);
  const [spec, status] = [record(pod.spec), record(pod.status)];
  const over = status.phase === 'Succeeded' || status.phase === 'Failed';
  const statuses = new Map(
    [...list(status.initContainerStatuses), ...list(status.containerStatuses)].map((s) => [text(s.name), s]),
  );
  const names = [...list(spec.containers), ...list(spec.initContainers)].map((c) => text(c.name));
  return {
    ref: { namespace: text(metadata.namespace), name: text(metadata.name), uid: text(metadata.uid) },
    createTime: time(metadata.creationTimestamp) ?? 0,
    containers: new Map(names.map((name) => [name, containerSight(record(statuses.get(name)?.state), over)])),
  };
}

function containerSight(state: RawObject, over: boolean): ContainerSight {
  if ('terminated' in state) {
    const ended = record(state.terminated);
    const startTime = time(ended.startedAt);
    const endTime = time(ended.finishedAt);
    return {
      state: startTime === undefined ? 'never' : 'ended',
      reason: text(ended.reason),
      startTime,
      endTime,
    };
  }
  if ('running' in state) {
    // A pod that was given up for lost says "running" for ever.
    return {
      state: over ? 'ended' : 'running',
      reason: '',
      startTime: time(record(state.running).startedAt),
    };
  }
  const reason = text(record(state.waiting).reason);
  return { state: over ? 'never' : 'waiting', reason, startTime: undefined };
}
