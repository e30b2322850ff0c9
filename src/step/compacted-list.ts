/** Something with a place in an order that only grows. */
interface Numbered {
  readonly sequence: number;
}

/** The newest entry of each key, in the order in which they came. Reading from a place costs no more than what is read. */
export interface CompactedList<T extends Numbered> {
  get(key: string): T | undefined;
  /** Replaces the key's entry; the sequence must be higher than all before. */
  put(key: string, entry: T): void;
  remove(key: string): T | undefined;
  after(sequence: number, limit: number): readonly T[];
}

const roomForHoles = 64;

export function createCompactedList<T extends Numbered>(): CompactedList<T> {
  const entries = new Map<string, T>();
  /** Grow together; a hole keeps its sequence number, so that a place is found by halving. */
  let sequences: number[] = [];
  let slots: (T | undefined)[] = [];

  /** Index of the first slot behind a sequence number. */
  const behind = (sequence: number): number => {
    let [low, high] = [0, sequences.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sequences[middle] ?? 0) > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const vacate = (entry: T | undefined): void => {
    if (entry !== undefined) slots[behind(entry.sequence) - 1] = undefined;
  };
  const compact = (): void => {
    if (slots.length <= 2 * entries.size + roomForHoles) return;
    slots = slots.filter((slot) => slot !== undefined);
    sequences = slots.map((slot) => slot?.sequence ?? 0);
  };

  return {
    get: (key) => entries.get(key),
    put(key, entry) {
      vacate(entries.get(key));
      entries.set(key, entry);
      sequences.push(entry.sequence);
      slots.push(entry);
      compact();
    },
    remove(key) {
      const entry = entries.get(key);
      vacate(entry);
      entries.delete(key);
      compact();
      return entry;
    },
    after(sequence, limit) {
      const found: T[] = [];
      for (let i = behind(sequence); i < slots.length && found.length < limit; i++) {
        const entry = slots[i];
        if (entry !== undefined) found.push(entry);
      }
      return found;
    },
  };
}
