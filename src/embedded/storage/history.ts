import type { KubeObject } from '../objects.ts';

/** One committed change. `previous` is what the object was, for watches whose selector it leaves. */
export type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly table: string;
  readonly key: string;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
};

/** The last changes, oldest first. Bounded: what falls out can no longer be watched from. */
export type History = {
  add(change: Change): void;
  /** Changes after `revision`, or undefined when some of them are gone. */
  after(revision: number): readonly Change[] | undefined;
};

/** Keeps between `limit` and twice `limit` changes, so that trimming costs nothing per change. */
export function createHistory(limit: number): History {
  let kept: Change[] = [];
  let compacted = 0;

  return {
    add(change) {
      kept.push(change);
      if (kept.length < 2 * limit) return;
      const dropped = kept.length - limit;
      compacted = kept[dropped - 1]?.revision ?? compacted;
      kept = kept.slice(dropped);
    },
    after(revision) {
      if (revision < compacted) return undefined;
      let low = 0;
      let high = kept.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((kept[middle]?.revision ?? 0) <= revision) low = middle + 1;
        else high = middle;
      }
      return kept.slice(low);
    },
  };
}
