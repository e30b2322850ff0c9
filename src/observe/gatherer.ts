import { projectEvents } from '../job/event-view.ts';
import { tells } from '../job/evidence.ts';
import type { Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import { timeLimit } from '../lib/abort.ts';
import type { Registry } from '../step/registry.ts';
import type { Verdict } from '../step/verdict.ts';

export interface GathererDeps {
  readonly registry: Registry<Observation>;
  readonly store: Pick<StepStore, 'listEvents'>;
  readonly signal: AbortSignal;
  /** How long an end may be held back for what it rests on (DESIGN.md section 4). */
  readonly limitMs?: number;
  /** Most lists that are under way: each reads all Events of a namespace. Who gets no turn in time goes without. */
  readonly atOnce?: number;
}

/**
 * Shows the registry the Events of a step that has failed, before its end is recorded. Never throws, and never takes longer than its
 * limit, whatever the API server does. The Warnings of the Job are watched; those of its pod are listed.
 */
export function createGatherer(deps: GathererDeps): (verdict: Verdict) => Promise<void> {
  const { registry, store, signal, limitMs = 500, atOnce = 4 } = deps;
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

  return async ({ job, pod }) => {
    const limit = timeLimit(limitMs, signal);
    try {
      if (limit.signal.aborted || !(await turn(limit.signal))) return;
      try {
        const found = await store.listEvents(job.namespace, (pod ?? job).uid, limit.signal);
        // The others would only change the timeline of a step that is about to end, and be told as a change of their own.
        registry.apply({ kind: 'events', jobUid: job.uid, events: projectEvents(found).filter(tells) });
      } finally {
        pass();
      }
    } catch {
      // Best effort. That Events cannot be had is reported where they are watched.
    } finally {
      limit.clear();
    }
  };
}
