import { RETRY_TUNING, type RetryTuning } from './retry-policy.ts';

/** Delays and sizes of a reflector. */
export type ReflectorTuning = RetryTuning & {
  readonly pageSize: number;
  /** Two missed bookmarks: the stream is dead, whatever TCP says. */
  readonly idleMs: number;
  /** Limit of one page. */
  readonly listTimeoutMs: number;
  /** The server's time limit of a watch is drawn from here, so that all watches do not end together. */
  readonly watchSeconds: readonly [min: number, max: number];
};

/** client-go's values where it has them. */
export const REFLECTOR_TUNING: ReflectorTuning = {
  ...RETRY_TUNING,
  pageSize: 500,
  idleMs: 120_000,
  listTimeoutMs: 60_000,
  watchSeconds: [300, 600],
};
