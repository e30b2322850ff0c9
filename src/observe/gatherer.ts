import { projectEvents } from '../job/event-view.ts';
import { tells, wantsLogTail } from '../job/evidence.ts';
import { agentContainer, type Observation } from '../job/observation.ts';
import type { LogStore, StepStore } from '../job/ports.ts';
import { timeLimit } from '../lib/abort.ts';
import { readLogTail } from '../logs/log-tail.ts';
import type { Registry } from '../step/registry.ts';
import type { Verdict } from '../step/verdict.ts';

export interface GathererDeps {
  readonly registry: Registry<Observation>;
  readonly store: Pick<StepStore, 'listEvents'>;
  /** Absent where no logs can be read. */
  readonly logs?: LogStore;
  readonly signal: AbortSignal;
  /** How long an end may be held back for what it rests on (DESIGN.md section 4). */
  readonly limitMs?: number;
  /** Most lists that are under way: each reads all Events of a namespace. Who gets no turn in time goes without. */
  readonly atOnce?: number;
}

/**
 * Shows the registry the Events of a step that has failed, and the last lines of its output, before its end is recorded. Never throws,
 * and never takes longer than its limit, whatever the API server does. The Warnings of the Job are watched; those of its pod are listed.
 */
export function createGatherer(deps: GathererDeps): (verdict: Verdict) => Promise<void> {
  const { registry, store, logs, signal, limitMs = 500, atOnce = 4 } = deps;
  const waiting: (() => void)[] = [];
  let running = 0;

  /** False when the time is over before there is a turn. */
  const turn = (limit: AbortSignal): Promise<boolean> => {
    if (running < atOnce) {
      running += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const granted = () => {
        limit.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(granted), 1);
        resolve(false);
      };
      waiting.push(granted);
      limit.addEventListener('abort', leave, { once: true });
    });
  };
  // A turn goes on to who waits, without being free in between.
  const pass = () => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  const events = async ({ job, pod }: Verdict, limit: AbortSignal): Promise<void> => {
    if (limit.aborted || !(await turn(limit))) return;
    try {
      const found = await store.listEvents(job.namespace, (pod ?? job).uid, limit);
      // The others would only change the timeline of a step that is about to end, and be told as a change of their own.
      registry.apply({ kind: 'events', jobUid: job.uid, events: projectEvents(found).filter(tells) });
    } finally {
      pass();
    }
  };

  let reading = 0;
  const logTail = async ({ job, pod, end }: Verdict, limit: AbortSignal): Promise<void> => {
    if (logs === undefined || pod === undefined || end === undefined || !wantsLogTail(end.outcome)) return;
    if (reading >= mostLogs) return;
    reading += 1;
    try {
      const text = await readLogTail(logs, pod, agentContainer, limit);
      if (text !== '') registry.apply({ kind: 'log-tail', jobUid: job.uid, podUid: pod.uid, text });
    } finally {
      reading -= 1;
    }
  };

  return async (verdict) => {
    const limit = timeLimit(limitMs, signal);
    // Best effort. That Events cannot be had is reported where they are watched.
    await Promise.allSettled([events(verdict, limit.signal), logTail(verdict, limit.signal)]);
    limit.clear();
  };
}

/** Logs that are read at once: a node that does not answer holds each of them for the whole time. */
const mostLogs = 8;
