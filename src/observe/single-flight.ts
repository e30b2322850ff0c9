import { sleep } from '../lib/abort.ts';
import { jittered, nextCeiling } from '../lib/backoff.ts';

export interface SingleFlightDeps {
  /** Ends everything that is under way. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown, id: string) => void;
}

export interface SingleFlight {
  /** Runs `attempt` until it says `done`, backing off while it fails; nothing when this id is under way already. */
  run(id: string, attempt: () => Promise<'done' | 'again'>): void;
  readonly size: number;
}

const backoff = { baseMs: 100, capMs: 30_000 };

/** One piece of work per id at a time, tried until it is done or not needed any more. */
export function createSingleFlight({ signal, onError }: SingleFlightDeps): SingleFlight {
  const flying = new Set<string>();

  async function persist(id: string, attempt: () => Promise<'done' | 'again'>): Promise<void> {
    let ceiling = 0;
    while (!signal.aborted) {
      try {
        if ((await attempt()) === 'done') return;
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
      if (flying.has(id) || signal.aborted) return;
      flying.add(id);
      persist(id, attempt)
        .catch((error: unknown) => {
          if (!signal.aborted) onError(error, id);
        })
        .finally(() => flying.delete(id));
    },
    get size() {
      return flying.size;
    },
  };
}
