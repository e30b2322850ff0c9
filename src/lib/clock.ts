import { performance } from 'node:perf_hooks';
import { sleep } from './abort.ts';

/** Time as a dependency: tests hand in their own and never wait. */
export type Clock = {
  /** Milliseconds since the epoch that never jump back, so that differences are safe across an NTP step. */
  readonly now: () => number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

/** The machine's clock. */
export const systemClock: Clock = { now: () => performance.timeOrigin + performance.now(), sleep };
