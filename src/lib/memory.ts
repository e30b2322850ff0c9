export interface MemoryDeps {
  readonly most: number;
  /** Milliseconds; Infinity where what is known stays true. */
  readonly ttlMs: number;
  readonly now: () => number;
}

/** What was found out, for a while; the oldest goes first. */
export interface Memory<T> {
  get(key: string): T | undefined;
  /** `ttlMs`: where this one is true for another time. */
  set(key: string, value: T, ttlMs?: number): void;
  delete(key: string): void;
}

export function createMemory<T>({ most, ttlMs, now }: MemoryDeps): Memory<T> {
  const entries = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      return entry !== undefined && now() < entry.until ? entry.value : undefined;
    },
    set(key, value, forMs = ttlMs) {
      entries.delete(key);
      if (forMs <= 0) return;
      entries.set(key, { value, until: now() + forMs });
      const [oldest] = entries.keys();
      if (entries.size > most && oldest !== undefined) entries.delete(oldest);
    },
    delete: (key) => void entries.delete(key),
  };
}
