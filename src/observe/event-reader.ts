import { projectEvents } from '../job/event-view.ts';
import type { Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import type { Registry } from '../step/registry.ts';
import { isFinal } from '../step/state.ts';
import type { Step } from '../step/step.ts';
import type { Verdict } from '../step/verdict.ts';
import type { EventsWish } from '../step/wishes.ts';
import { createLookQueue } from './look-queue.ts';

export interface EventReaderDeps {
  readonly registry: Registry<Observation>;
  readonly store: Pick<StepStore, 'listEvents'>;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown, what: string) => void;
}

/** How long a step that stays stuck is left alone between two looks. */
const pausesMs = [5_000, 15_000, 30_000, 60_000];

interface Asked {
  readonly wish: EventsWish;
  readonly namespace: string;
  looks: number;
  timer?: NodeJS.Timeout;
}

/**
 * Lists the Events of steps that are stuck, and shows them to the registry. Best effort: nothing waits for it, and a refusal is
 * reported once. Returns what the registry calls with each verdict.
 */
export function createEventReader(deps: EventReaderDeps): (verdict: Verdict, step: Step) => void {
  const { registry, store, signal } = deps;
  const asked = new Map<string, Asked>();
  let broken = false;
  const queue = createLookQueue({ look, signal });
  signal.addEventListener('abort', () => {
    for (const { timer } of asked.values()) clearTimeout(timer);
    asked.clear();
  });

  const forget = (jobUid: string): void => {
    clearTimeout(asked.get(jobUid)?.timer);
    asked.delete(jobUid);
    queue.remove(jobUid);
  };

  const arm = (jobUid: string, entry: Asked, ms: number): void => {
    entry.timer = setTimeout(() => queue.add(jobUid, urgency(entry)), ms);
  };

  async function look(jobUid: string): Promise<void> {
    const entry = asked.get(jobUid);
    if (entry === undefined) return;
    try {
      const found = await store.listEvents(entry.namespace, entry.wish.about, signal);
      broken = false;
      registry.apply({ kind: 'events', jobUid, events: projectEvents(found) });
    } catch (error) {
      if (!signal.aborted && !broken)
        deps.onError(error, 'listing the Events of a step; it goes on without them');
      broken = true;
    }
    // What was found may have changed the question.
    if (asked.get(jobUid) !== entry || signal.aborted) return;
    const pause = pausesMs[Math.min(entry.looks, pausesMs.length - 1)] ?? 0;
    entry.looks += 1;
    if (entry.wish.again) arm(jobUid, entry, pause);
  }

  return ({ job: { uid, namespace }, eventsWish: wish }, step) => {
    if (signal.aborted) return;
    const known = asked.get(uid)?.wish;
    if (wish === undefined || isFinal(step.state)) {
      if (known !== undefined) forget(uid);
      return;
    }
    if (known?.about === wish.about && known.question === wish.question) return;
    forget(uid);
    const entry: Asked = { wish, namespace, looks: 0 };
    asked.set(uid, entry);
    arm(uid, entry, wish.delayMs);
  };
}

/** A step that nobody has looked at yet goes before one that is looked at again; what only fills in a timeline goes last. */
function urgency({ wish, looks }: Asked): 0 | 1 | 2 {
  if (wish.question === 'start') return 2;
  return looks === 0 ? 0 : 1;
}
