/** A reader that has read everything and waits for more. */
export interface Sleeper<T> {
  /** What it has read, or need not read; moved on over what it does not want. */
  position: number;
  readonly wants: (change: T) => boolean;
  readonly wake: () => void;
}

/** What there is behind a position, and where that ends. */
type Look<T> = (position: number) => { readonly head: number; readonly changes: readonly T[] };

/**
 * Readers that wait. They are looked at together, once per turn of the event loop however much has happened in it, and who wants
 * nothing of it sleeps on: a thousand readers of other runs cost a comparison each.
 */
export function createSleepers<T>(look: Look<T>) {
  const asleep = new Set<Sleeper<T>>();
  let stirred = false;

  const rouse = (): void => {
    stirred = false;
    let seen: { readonly from: number; readonly what: ReturnType<Look<T>> } | undefined;
    for (const sleeper of asleep) {
      // Most of them have read just as far.
      if (seen?.from !== sleeper.position) seen = { from: sleeper.position, what: look(sleeper.position) };
      if (seen.what.changes.some(sleeper.wants)) {
        asleep.delete(sleeper);
        sleeper.wake();
      } else {
        sleeper.position = seen.what.head;
      }
    }
  };

  return {
    add(sleeper: Sleeper<T>): () => void {
      asleep.add(sleeper);
      return () => void asleep.delete(sleeper);
    },
    stir(): void {
      if (stirred || asleep.size === 0) return;
      stirred = true;
      setImmediate(rouse);
    },
  };
}
