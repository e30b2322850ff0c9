/*
 * A model checker for the truth about a step.
 *
 * What is the real code: everything that decides. Observations go through `merge`, `classify`, the registry and `advance`; what is written
 * are the patches of job/record, job/life and job/stop, applied with their tests; objects pass through job/project, changes of a view
 * through observe/feed. Only the way in between is played (executor.ts): the order in which the settler, the notes and the timeouts ask,
 * write and take the answer, each of these being a step of its own. A registry cannot be copied, so knowledge.ts shows a new one
 * everything again, and takes registries that know and have told the same for one.
 *
 * What is played around it, as KUBERNETES.md has measured it: one Job, its controller (also with a view that is too old) and the garbage
 * collectors; scheduler, kubelet and container, where what is true and what is told are apart; views that are told late, each in its own
 * order, or listed anew; consistent reads and records whose answers and arrivals wait; one or two executors that are killed and start
 * again; people who cancel, delete, force-delete, evict, take finalizers away, and lose, delete or declare dead a node; time that passes
 * a timeout; 1.30 and 1.37 where they differ; pods that are replaced; pods behind our gate, of which one is chosen and opened.
 *
 * What is not: the submit, more than one Job, Events and what a step waits for, the gates of others and suspension, what waits behind an
 * end, a record that is held, sidecars, damaged annotations, a patch that arrives when its sender is dead, a list that is told long after it was read, time that passes twice,
 * and bytes on a wire, of which test/faults has some.
 *
 * The laws are in laws.ts. Of each step from world to world: a history only grows; each place is told once, in order; RUNNING is true;
 * all tell the same way and the same end; an end is recorded before it is told, stays, and lies behind all that was told; SUCCEEDED, an
 * exit code and "never started" are true; nothing runs behind an end that does not say of itself that something may (never behind
 * CANCELLED and TIMED_OUT); a stop is told as what it was; a timeout ends what it is for; of a step that starts at most once
 * one pod at the most is ever opened. At rest, when nothing has to happen any more: every end is told, by every
 * executor. And every life comes to rest.
 *
 * The bound: small.test.ts sees every state of small worlds, with one event each, and counts them; wide.test.ts walks at random through
 * worlds that are too large for that; `npm run soak -- model` sees pairs of events. mutants.test.ts proves that it can fail. A violation
 * is told as a trace; `behind` in explore.ts goes there.
 */
import { executors } from './executor.ts';
import type { Action, Model } from './explore.ts';
import { jobController } from './job-controller.ts';
import { createKnowledge, type Parts, realParts } from './knowledge.ts';
import { kubelet } from './kubelet.ts';
import { broken, brokenAtRest } from './laws.ts';
import { people } from './people.ts';
import { oldReplica, type Replica } from './replica.ts';
import { newest } from './views.ts';
import { newWorld, type Setting, type Sight, type World } from './world.ts';

/** The life of one step in a small cluster, with real executors in it. */
export function createModel(setting: Setting, parts: Parts = realParts): Model<World> {
  const nothing = createKnowledge(parts);
  return {
    initial: newWorld(setting, oldReplica(nothing)),
    *actions(w) {
      for (const from of [jobController(w), kubelet(w), executors(w, nothing, parts), people(w)])
        for (const action of from) yield remembered(action);
    },
    key,
    check: broken,
    checkAtRest: brokenAtRest,
  };
}

/** Keeps what was told to whoever listened. */
function remembered(action: Action<World>): Action<World> {
  const { told, lives, replicas } = action.next;
  const fresh = replicas.map((r) => r.knowledge.end).find((end) => end !== '' && !told.includes(end));
  const newest = Math.max(lives, ...replicas.map((r) => r.knowledge.step?.incarnation ?? 0));
  if (fresh === undefined && newest === lives) return action;
  const next = { ...action.next, lives: newest, told: fresh === undefined ? told : [...told, fresh] };
  return { ...action, next };
}

/** All that the future depends on. Two executors may be swapped. */
function key(w: World): string {
  const job = w.job === undefined ? '' : textOf(w.job);
  const replicas = w.replicas.map((r) => replicaKey(w, r)).sort();
  const logs = [w.jobLog.length, w.podLog.length];
  return [
    ...logs,
    job,
    w.decided,
    ...w.pods.map(textOf),
    ...replicas,
    w.nodeLost,
    w.overdue,
    w.lives,
    ...w.told.map(idOf),
    ...w.used,
  ].join('|');
}

const told = new Map<string, number>();
const idOf = (end: string): number => {
  const id = told.get(end) ?? told.size;
  told.set(end, id);
  return id;
};

const texts = new WeakMap<object, string>();

function textOf(value: object): string {
  const known = texts.get(value) ?? JSON.stringify(value);
  texts.set(value, known);
  return known;
}

/** Of the logs, what a view knew last, and what it was not told yet. */
function replicaKey(w: World, { knowledge, adopted, flight, jobsSeen, podsSeen }: Replica): string {
  const way =
    flight?.kind === 'pods'
      ? `${flight.timeout}${flight.job?.id}${ids(flight.found)}`
      : `${flight?.kind}${flight?.of.id}`;
  if (knowledge.end !== '') return `over${way}`;
  return `${knowledge.id}:${ids(adopted)}:${way}:${pending(w.jobLog, jobsSeen)}:${pending(w.podLog, podsSeen)}`;
}

const ids = (sights: Iterable<Sight<unknown>>): string => [...sights].map((s) => s.id).join();
const pendings = new WeakMap<readonly unknown[], string[]>();

function pending<V extends { readonly uid: string }>(log: readonly Sight<V>[], seen: number): string {
  if (seen < 0) return 'unlisted';
  const known = pendings.get(log) ?? [];
  pendings.set(log, known);
  known[seen] ??= `${ids(newest(log, seen).values())};${ids(log.slice(seen))}`;
  return known[seen];
}
