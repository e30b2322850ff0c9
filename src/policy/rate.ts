/** Lets so many through per second, for each key by itself. */
export interface Rate {
  /** 0 when it may go now, which then counts; else the milliseconds until it may. */
  take(key: string, perSecond: number): number;
}

/** Keys that are remembered. One that is forgotten begins with a full second's worth again. */
const mostKeys = 10_000;

/** A bucket for each key that fills by `perSecond` and holds one second's worth. */
export function createRate(now: () => number): Rate {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(key, perSecond) {
      const time = now();
      const known = buckets.get(key);
      const grown =
        known === undefined ? perSecond : known.tokens + (Math.max(0, time - known.at) / 1000) * perSecond;
      const tokens = Math.min(perSecond, grown);
      const goes = tokens >= 1;
      // The one that was used last stands last.
      buckets.delete(key);
      buckets.set(key, { tokens: goes ? tokens - 1 : tokens, at: time });
      for (const oldest of buckets.keys()) {
        if (buckets.size <= mostKeys) break;
        buckets.delete(oldest);
      }
      return goes ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000);
    },
  };
}
