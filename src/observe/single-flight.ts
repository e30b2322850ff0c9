import { sleep } from '../lib/abort.ts';
import { jittered, nextCeiling } from '../lib/backoff.ts';
import type { Turns } from '../lib/turns.ts';

export interface SingleFlightDeps {
  /** Ends everything that is under way. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown, id: string) => void;
  /** Each attempt waits for a turn of these; without, all are made at once. */
  readonly turns?: Turns;
  /** For whom an id is: they take their turns one after the other. */
  readonly ownerOf?: (id: string) => string | undefined;
}

export interface SingleFlight {
  /**
   * Runs `attempt` until it says `done`, backing off while it fails. An id that is under way already is looked at once more when it is
   * done: what made this call may have come too late for the attempt that was made.
   */
  run(id: string, attempt: () => Promise<'done' | 'again'>): void;
  readonly size: number;
}

const backoff = { baseMs: 100, capMs: 30_000 };

/** One piece of work per id at a time, tried until it is done or not needed any more. */
export function createSingleFlight({ signal, onError, turns, ownerOf }: SingleFlightDeps): SingleFlight {
  const flying = new Map<string, { wanted: boolean }>();

  async function persist(
    id: string,
    attempt: () => Promise<'done' | 'again'>,
    flight: { wanted: boolean },
  ): Promise<void> {
    let ceiling = 0;
    while (!signal.aborted) {
      flight.wanted = false;
      try {
        const said = await (turns === undefined ? attempt() : turns.run(attempt, ownerOf?.(id)));
        if (said === 'done' && flight.wanted) continue;
        // Before anything else can run: a call that comes from now on begins anew.
        if (said === 'done') return void flying.delete(id);
      } catch (error) {
        if (signal.aborted) return;
        onError(error, id);
      }
      ceiling = nextCeiling(ceiling, backoff);
      await sleep(jittered(ceiling, Math.random, ceiling / 2), signal);
    }
  }

  return {
    run(id, attempt) {
      const known = flying.get(id);
      if (known !== undefined) known.wanted = true;
      if (known !== undefined || signal.aborted) return;
      const flight = { wanted: false };
      flying.set(id, flight);
      persist(id, attempt, flight)
        .catch((error: unknown) => {
          if (!signal.aborted) onError(error, id);
        })
        .finally(() => flying.get(id) === flight && flying.delete(id));
    },
    get size() {
      return flying.size;
    },
  };
}
