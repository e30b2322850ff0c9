import { annotation, startGate } from '../../../src/job/metadata.ts';
import { readRecord, type StepRecord } from '../../../src/job/record.ts';
import type { Sight, Told } from './observer.ts';

/** What was seen of one Job and its pods, by somebody who only looks. */
export interface JobStarts {
  /** Uids of pods that had a node at any time: what a node would have started. */
  readonly bound: ReadonlySet<string>;
  /** Uids of pods whose container was told to have started. */
  readonly started: ReadonlySet<string>;
  /** Every text that ever stood on the Job as the choice. */
  readonly chosen: ReadonlySet<string>;
  /** Uids of pods that are there, and neither over nor being deleted. */
  readonly waiting: ReadonlySet<string>;
  readonly pods: number;
  /** The Job controller has done with it. */
  readonly finished: boolean;
  readonly record: StepRecord | undefined;
}

/** Counts starts. Everything that was true once stays counted. */
export function createStarts() {
  const jobs = new Map<string, Entry>();
  const of = (uid: string): Entry => {
    const entry = jobs.get(uid) ?? emptyEntry();
    jobs.set(uid, entry);
    return entry;
  };
  return {
    sawPod({ type, object }: Sight): void {
      const { uid, deletionTimestamp } = object.metadata;
      const entry = of(jobOf(object));
      entry.all.add(uid);
      if (object.spec.nodeName) entry.bound.add(uid);
      if ((object.status.containerStatuses ?? []).some(hasStarted)) entry.started.add(uid);
      const over = ['Succeeded', 'Failed'].includes(object.status.phase);
      if (type === 'DELETED' || over || deletionTimestamp !== undefined) entry.waiting.delete(uid);
      else entry.waiting.add(uid);
    },
    sawJob({ object }: Sight): void {
      const { uid, annotations = {} } = object.metadata;
      const entry = of(uid);
      const chosen = annotations[annotation.chosenPod];
      if (chosen !== undefined) entry.chosen.add(chosen);
      entry.finished ||= (object.status?.conditions ?? []).some(isEnd);
      entry.record ??= readRecord(annotations[annotation.record]);
    },
    of(uid: string): JobStarts {
      const { all, ...entry } = of(uid);
      return { ...entry, pods: all.size };
    },
  };
}

interface Entry {
  readonly all: Set<string>;
  readonly bound: Set<string>;
  readonly started: Set<string>;
  readonly chosen: Set<string>;
  readonly waiting: Set<string>;
  finished: boolean;
  record: StepRecord | undefined;
}

const isEnd = ({ type, status }: Told): boolean => ['Complete', 'Failed'].includes(type) && status === 'True';

const emptyEntry = (): Entry => ({
  all: new Set(),
  bound: new Set(),
  started: new Set(),
  chosen: new Set(),
  waiting: new Set(),
  finished: false,
  record: undefined,
});

export const jobOf = (pod: Told): string => pod.metadata.ownerReferences?.[0]?.uid ?? '';

export const isGated = (pod: Told): boolean =>
  (pod.spec.schedulingGates ?? []).some((g: { name: string }) => g.name === startGate);

const hasStarted = ({ state = {} }: Told): boolean =>
  state.running !== undefined || Boolean(state.terminated?.startedAt);

/** What is wrong with a step that starts at most once, by what was seen of it; empty when nothing is. */
export function wrongWith({ bound, chosen, started, record }: JobStarts): readonly string[] {
  const wrong: string[] = [];
  if (bound.size > 1) wrong.push(`${bound.size} of its pods had a node`);
  if (chosen.size > 1) wrong.push(`${chosen.size} pods were chosen, one after the other`);
  for (const uid of bound) if (!chosen.has(uid)) wrong.push(`pod ${uid} had a node and was not chosen`);
  return [...wrong, ...untrue({ started, record })];
}

/** What a record says that is not true. */
export function untrue({ started, record }: Pick<JobStarts, 'started' | 'record'>): readonly string[] {
  if (record === undefined) return [];
  const { state, outcome } = record.end;
  if (!outcome.mayHaveStarted && started.size > 0)
    return [`${state} ${outcome.reason} says that nothing has started`];
  return state === 'SUCCEEDED' && started.size === 0 ? ['SUCCEEDED, and nothing has started'] : [];
}
