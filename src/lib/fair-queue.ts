/** Who waits, in rows. Rows are served by turns, and each in the order of arrival, so that a long one holds up itself alone. */
export interface FairQueue<T> {
  add(row: string, item: T): void;
  remove(row: string, item: T): void;
  /** The next one, which leaves its row; undefined when nobody waits. */
  take(): T | undefined;
  /** Takes all, row by row. */
  takeAll(): readonly T[];
  readonly size: number;
  /** Of one row. */
  sizeOf(row: string): number;
}

/** Every operation takes the same time, however long the rows are and however many. */
export function createFairQueue<T>(): FairQueue<T> {
  // Both keep the order of insertion. No row is empty.
  const rows = new Map<string, Set<T>>();
  let size = 0;

  const drop = (row: string, items: Set<T>, item: T): void => {
    if (!items.delete(item)) return;
    size -= 1;
    if (items.size === 0) rows.delete(row);
  };

  return {
    add(row, item) {
      const items = rows.get(row) ?? new Set();
      if (!items.has(item)) size += 1;
      rows.set(row, items.add(item));
    },
    remove(row, item) {
      const items = rows.get(row);
      if (items !== undefined) drop(row, items, item);
    },
    take() {
      for (const [row, items] of rows) {
        for (const item of items) {
          drop(row, items, item);
          // It goes behind the others.
          if (rows.delete(row)) rows.set(row, items);
          return item;
        }
      }
      return undefined;
    },
    takeAll() {
      const all = [...rows.values()].flatMap((items) => [...items]);
      rows.clear();
      size = 0;
      return all;
    },
    get size() {
      return size;
    },
    sizeOf: (row) => rows.get(row)?.size ?? 0,
  };
}
