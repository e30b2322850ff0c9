import type { Clock } from '../lib/clock.ts';

/** A wait between two attempts that can be cut short. */
export type Pause = {
  /** Waits; `floorMs` of it whatever happens but the end. Never rejects. */
  readonly wait: (ms: number, floorMs: number) => Promise<void>;
  /** Ends what can be ended of the wait that is under way. */
  readonly cutShort: () => void;
};

export function createPause(clock: Clock, stopping: AbortSignal): Pause {
  let rest = new AbortController();
  return {
    async wait(ms, floorMs) {
      rest = new AbortController();
      const { signal } = rest;
      const floor = Math.min(ms, floorMs);
      if (floor > 0) await clock.sleep(floor, stopping).catch(() => undefined);
      if (ms > floor && !stopping.aborted) await clock.sleep(ms - floor, signal).catch(() => undefined);
    },
    cutShort: () => rest.abort(new Error('the wait was cut short')),
  };
}
