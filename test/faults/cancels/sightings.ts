import type { PodRef } from '../../support/node/node.ts';
import type { Sight } from '../at-most-once/observer.ts';

/** What somebody who only looks has seen of the pods of one Job. */
export interface Seen {
  /** When a pod was first seen to be told to stop, or gone; by `performance.now()`. */
  readonly stoppedAt: number | undefined;
  /** A container of the agent was seen to run, or to have run. */
  readonly started: boolean;
  /** Pods whose last sight says neither that the agent's container has ended nor that it never had a node. */
  readonly unproven: readonly string[];
  /** Its pods, each with the containers that it was last seen with. */
  readonly pods: readonly PodRef[];
}

interface Entry {
  stoppedAt?: number;
  started: boolean;
  readonly proven: Map<string, boolean>;
  readonly pods: Map<string, PodRef>;
}

/** Keeps them, by the uid of the Job. */
export function createSightings() {
  const jobs = new Map<string, Entry>();
  return {
    saw({ type, object }: Sight): void {
      const job: string = object.metadata.ownerReferences?.[0]?.uid ?? '';
      const entry: Entry = jobs.get(job) ?? { started: false, proven: new Map(), pods: new Map() };
      jobs.set(job, entry);
      if (type === 'DELETED' || object.metadata.deletionTimestamp !== undefined)
        entry.stoppedAt ??= performance.now();
      const agent = object.status.containerStatuses?.find((c: { name: string }) => c.name === 'agent');
      entry.started ||= agent?.state.running !== undefined || Boolean(agent?.state.terminated?.startedAt);
      if (agent?.containerID) entry.pods.set(object.metadata.uid, object);
      const never = object.status.phase === 'Failed' && !entry.started;
      entry.proven.set(
        object.metadata.uid,
        agent?.state.terminated !== undefined || !object.spec.nodeName || never,
      );
    },
    of(job: string): Seen {
      const entry = jobs.get(job);
      return {
        stoppedAt: entry?.stoppedAt,
        started: entry?.started ?? false,
        unproven: [...(entry?.proven ?? [])].flatMap(([uid, is]) => (is ? [] : [uid])),
        pods: [...(entry?.pods.values() ?? [])],
      };
    },
  };
}

export type Sightings = ReturnType<typeof createSightings>;
