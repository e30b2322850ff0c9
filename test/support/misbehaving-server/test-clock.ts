import type { Clock } from '../../../src/lib/clock.ts';

/** A clock whose sleeps are written down and over at once, and whose time moves only when told. */
export type TestClock = Clock & {
  readonly sleeps: readonly number[];
  readonly advance: (ms: number) => void;
};

/** Starts at a round number. A sleep ends after one turn of the event loop and moves the time by its length. */
export function createTestClock(start = 1_000_000): TestClock {
  const sleeps: number[] = [];
  let now = start;
  return {
    sleeps,
    now: () => now,
    advance(ms) {
      now += ms;
    },
    async sleep(ms, signal) {
      sleeps.push(ms);
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
}
