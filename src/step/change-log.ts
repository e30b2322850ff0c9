import type { StepEvent } from './advance.ts';
import { createCompactedList } from './compacted-list.ts';
import { type StepId, stepId } from './key.ts';
import { later, type Mark, noVersion, type Reach, type Versions } from './mark.ts';
import { createSleepers, type Sleeper } from './sleepers.ts';
import type { EpochMs, Step } from './step.ts';

/** What is new of one step, and where that stands among the changes of all steps. */
export interface Change {
  /** Grows with each change of any step; means nothing outside this log. */
  readonly sequence: number;
  /** The step's change before this one; 0 for its first. */
  readonly previous: number;
  readonly step: Step;
  /** What happened, oldest first; empty when only the record of the step went. */
  readonly events: readonly StepEvent[];
  /** The newest objects of the step. Absent when it changed because something was absent: no version tells since when. */
  readonly versions: Versions | undefined;
  /** Everything that the cluster had told before is in the changes before this one. */
  readonly mark: Mark;
  /** Its Job is gone. */
  readonly forgotten: boolean;
}

export type NewChange = Pick<Change, 'step' | 'events' | 'versions' | 'forgotten'>;

export interface ChangeLog {
  /** Sequence number of the newest change. */
  readonly head: number;
  /** Of the newest forgotten step that fell out: who has not read so far has missed it. */
  readonly floor: number;
  /** What a mark must have reached to have seen all the forgotten steps that fell out. */
  readonly lost: Versions;
  append(change: NewChange): void;
  /** The changes behind a sequence number, oldest first, each step's newest only. */
  after(sequence: number, limit: number): readonly Change[];
  /** Everything that the cluster has told up to here is in the log. */
  mark(): Mark;
  isForgotten(jobUid: string): boolean;
  /** The last state of a step whose Job is gone, as long as it is remembered. */
  forgotten(key: Step['key']): Step | undefined;
  /** Wakes the sleeper once, when something came that it wants. Returns the way to take that back. */
  sleep(sleeper: Sleeper<Change>): () => void;
}

export interface ChangeLogDeps {
  /** How far the views of the cluster are. */
  readonly reach: () => Reach;
  readonly now: () => EpochMs;
}

/** How many steps that are gone are remembered: for readers that are behind, and so that a late answer does not bring one back. */
export const remembered = 10_000;
/** So many events of a step are told one by one to a reader that finds them together. */
const mergedEvents = 16;
/** A mark may be so much older than it could be: readers that look at about the same time share one. */
const markMs = 1_000;

/**
 * What has changed in all steps, in the order of their last change: one entry per step, whoever reads. A reader is a position; one that
 * is slow finds the newest of each step that it has missed, and costs nothing meanwhile.
 */
export function createChangeLog({ reach, now }: ChangeLogDeps): ChangeLog {
  const list = createCompactedList<Change>();
  const gone = new Map<string, StepId>();
  const goneByKey = new Map<StepId, string>();
  let head = 0;
  let floor = 0;
  /** Nobody has read anything behind it. */
  let read = 0;
  let lost: Versions = { jobs: noVersion, pods: noVersion };
  let newest: Mark | undefined;
  const after: ChangeLog['after'] = (sequence, limit) =>
    sequence >= head ? [] : list.after(sequence, limit);
  const sleepers = createSleepers<Change>((sequence) => ({
    head,
    changes: after(sequence, Number.POSITIVE_INFINITY),
  }));

  const mark = (): Mark => {
    const here = reach();
    const time = now();
    if (newest === undefined || moved(newest, here) || time - newest.time > markMs)
      newest = { ...here, time };
    return newest;
  };
  const remember = ({ job, key }: Step): void => {
    gone.set(job.uid, stepId(key));
    goneByKey.set(stepId(key), job.uid);
    if (gone.size <= remembered) return;
    for (const [uid, id] of gone) {
      gone.delete(uid);
      if (goneByKey.get(id) === uid) goneByKey.delete(id);
      const dropped = list.remove(uid);
      floor = Math.max(floor, dropped?.sequence ?? 0);
      lost = later(lost, dropped?.versions ?? mark());
      return;
    }
  };

  return {
    get head() {
      return head;
    },
    get floor() {
      return floor;
    },
    get lost() {
      return lost;
    },
    append(change) {
      head += 1;
      const { uid } = change.step.job;
      const before = list.get(uid);
      const added = { ...change, sequence: head, previous: before?.sequence ?? 0, mark: mark() };
      const unread = before !== undefined && before.sequence > read;
      list.put(uid, unread ? merged(before, added) : added);
      if (change.forgotten) remember(change.step);
      sleepers.stir();
    },
    after(sequence, limit) {
      read = head;
      return sequence >= head ? [] : list.after(sequence, limit);
    },
    mark,
    isForgotten: (uid) => gone.has(uid),
    forgotten: (key) => list.get(goneByKey.get(stepId(key)) ?? '')?.step,
    sleep: sleepers.add,
  };
}

/** Two changes as one, for readers that have seen neither: nothing of them is lost. */
function merged(before: Change, added: Change): Change {
  const events = [...before.events, ...added.events];
  if (events.length > mergedEvents) return added;
  const dated = before.versions !== undefined ? added.versions : undefined;
  return { ...added, events, versions: dated, previous: before.previous, mark: before.mark };
}

const moved = (a: Reach, b: Reach): boolean =>
  a.jobs !== b.jobs || a.pods !== b.pods || a.jobsView !== b.jobsView;
