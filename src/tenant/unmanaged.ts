/** Namespaces that are known to be nobody's of ours, for a while, so that not every submit asks for them. */
export interface Unmanaged {
  has(namespace: string): boolean;
  add(namespace: string): void;
  delete(namespace: string): void;
}

/** A namespace that is handed over by hand is one of ours after so long at the latest. */
const knownForMs = 10_000;
const mostRemembered = 10_000;

export function createUnmanaged(now: () => number): Unmanaged {
  const until = new Map<string, number>();
  return {
    has: (namespace) => (until.get(namespace) ?? 0) > now(),
    add(namespace) {
      until.delete(namespace);
      until.set(namespace, now() + knownForMs);
      const [oldest] = until.keys();
      if (until.size > mostRemembered && oldest !== undefined) until.delete(oldest);
    },
    delete: (namespace) => void until.delete(namespace),
  };
}
