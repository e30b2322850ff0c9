import type { JobView, Observation, PodView } from '../../src/job/observation.ts';
import { type Change, jobObservations, podObservations } from '../../src/observe/feed.ts';
import type { Action } from './explore.ts';
import type { Replica } from './replica.ts';
import type { Sight, World } from './world.ts';

/**
 * What the two views of an executor may tell it next. They are apart, each in its own order; a list may take the place of all that a
 * watch has not told yet, and then shows a deletion by absence only, with the last state that the view knew.
 */
export function* views(w: World, replica: Replica): Generator<Action<Replica>> {
  const { jobsSeen, podsSeen, knowledge, adopted } = replica;
  // Nothing follows an end: laws.ts makes sure of that at rest, so that no state is spent on it.
  if (knowledge.end !== '') return;
  const jobs = w.jobLog.length - jobsSeen;
  if (jobsSeen >= 0 && jobs > 0) {
    const sight = w.jobLog[jobsSeen] as Sight<JobView>;
    const next = shown({ ...replica, jobsSeen: jobsSeen + 1 }, jobChange(sight));
    yield { label: `is told of the Job v${sight.version}${sight.gone ? ', deleted' : ''}`, next };
  }
  if (isListWorthwhile(w, w.jobLog, jobsSeen)) {
    const next = shown({ ...replica, jobsSeen: w.jobLog.length }, listed(w.jobLog, jobsSeen, jobChange));
    yield { label: 'lists Jobs', next, optional: jobsSeen >= 0 };
  }
  const pods = w.podLog.length - podsSeen;
  if (podsSeen >= 0 && pods > 0) {
    const sight = w.podLog[podsSeen] as Sight<PodView>;
    const others = adopted.filter(({ view }) => view.uid !== sight.view.uid);
    const next = shown({ ...replica, podsSeen: podsSeen + 1, adopted: others }, podChange(sight));
    yield { label: `is told of ${sight.view.uid} v${sight.version}${sight.gone ? ', deleted' : ''}`, next };
  }
  if (isListWorthwhile(w, w.podLog, podsSeen)) {
    const observations = listed(w.podLog, podsSeen, podChange, adopted);
    const next = shown({ ...replica, podsSeen: w.podLog.length, adopted: [] }, observations);
    yield { label: 'lists pods', next, optional: podsSeen >= 0 };
  }
}

type Told = readonly Observation[];

export const shown = (replica: Replica, observations: Told): Replica => ({
  ...replica,
  knowledge: observations.reduce((known, o) => known.after(o), replica.knowledge),
});

/**
 * kube/view.ts: what a read has found becomes part of the view, so that it tells when that is gone. What the view is ahead of,
 * and does not have, is gone already.
 */
export function adopt(w: World, replica: Replica, found: readonly Sight<PodView>[]): Replica {
  const { podsSeen, adopted } = replica;
  const known = newest(w.podLog, Math.max(0, podsSeen));
  const unknown = found.filter(({ view }) => !known.has(view.uid));
  const behind = (sight: Sight<PodView>) => w.podLog.indexOf(sight) >= podsSeen;
  const gone = unknown.filter((sight) => !behind(sight)).flatMap((sight) => podChange(sight, true));
  const pending = [...adopted, ...unknown.filter(behind)];
  const next = { ...replica, adopted: [...new Map(pending.map((s) => [s.view.uid, s])).values()] };
  return shown(next, [...found.flatMap((sight) => podChange(sight)), ...gone]);
}

/** One event that stands out and is no deletion is told alike by a list and by the watch. */
function isListWorthwhile({ setting }: World, log: readonly Sight<unknown>[], seen: number): boolean {
  if (seen < 0) return true;
  if (setting.watchesLast) return false;
  return log.length - seen > 1 || (log.length > seen && (log.at(-1)?.gone ?? false));
}

/** Deletions first, then what is new or changed. */
function listed<V extends { readonly uid: string }>(
  log: readonly Sight<V>[],
  seen: number,
  tell: (sight: Sight<V>, byAbsence?: boolean) => Told,
  adopted: readonly Sight<V>[] = [],
): Told {
  const before = new Map([
    ...adopted.map((s) => [s.view.uid, s] as const),
    ...newest(log, Math.max(0, seen)),
  ]);
  const now = newest(log);
  const gone = [...before].filter(([uid]) => !now.has(uid)).flatMap(([, sight]) => tell(sight, true));
  const changed = [...now].filter(([uid, sight]) => before.get(uid) !== sight);
  return [...gone, ...changed.flatMap(([, sight]) => tell(sight))];
}

const there = new WeakMap<readonly unknown[], Map<number, ReadonlyMap<string, Sight<never>>>>();

/** What is there, by uid, after so many entries of a log; after all of them if absent. */
export function newest<V extends { readonly uid: string }>(
  log: readonly Sight<V>[],
  length = log.length,
): ReadonlyMap<string, Sight<V>> {
  const lengths = there.get(log) ?? new Map<number, ReadonlyMap<string, Sight<V>>>();
  there.set(log, lengths as Map<number, ReadonlyMap<string, Sight<never>>>);
  const known = lengths.get(length);
  if (known !== undefined) return known;
  const found = new Map<string, Sight<V>>();
  for (const sight of log.slice(0, length)) {
    if (sight.gone) found.delete(sight.view.uid);
    else found.set(sight.view.uid, sight);
  }
  lengths.set(length, found);
  return found;
}

const changes = new Map<string, Told>();

function change<V extends { readonly uid: string }>(
  observe: (change: Change<V>) => Told,
  { id, version, view, gone }: Sight<V>,
  byAbsence: boolean,
): Told {
  const key = `${id}${byAbsence}`;
  const known = changes.get(key);
  if (known !== undefined) return known;
  const type = gone || byAbsence ? 'deleted' : 'updated';
  const source = byAbsence ? 'list' : 'watch';
  const observations = observe({ type, uid: view.uid, resourceVersion: version, object: view, source });
  changes.set(key, observations);
  return observations;
}

/** What a change of the Job says; the same sight gives the same objects. */
export const jobChange = (sight: Sight<JobView>, byAbsence = false) =>
  change(jobObservations, sight, byAbsence);
export const podChange = (sight: Sight<PodView>, byAbsence = false) =>
  change(podObservations, sight, byAbsence);
