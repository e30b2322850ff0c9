import type { KubeObject } from './types.ts';
import type { Identity } from './watch-frames.ts';

/** One change of the view. */
export type Delta<T> = {
  readonly type: 'added' | 'updated' | 'deleted';
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly resourceVersion: string;
  /** The projected object; of a deletion the last state, from the deletion's own frame when there was one. */
  readonly object: T;
  /** What was known before. Absent for an addition. */
  readonly previous?: T;
  readonly source: 'list' | 'watch';
  /** From the first list of a store that went back: whatever was known is of another history, and this is true, be its version lower. */
  readonly restored?: true;
};

/** An object as it is kept. */
export type Entry<T> = { readonly id: Identity; readonly object: T };

/** The view: what is kept of each object, by uid. Identity is the uid, a name is only where to look. */
export type Store<T> = {
  readonly get: (uid: string) => Entry<T> | undefined;
  readonly values: () => IterableIterator<T>;
  readonly size: () => number;
  /**
   * Takes over a whole list: deletions first, then additions, then updates. Unchanged versions tell nothing, unless the store was restored:
   * then all that is there is told.
   */
  readonly swap: (entries: ReadonlyMap<string, Entry<T>>, restored?: boolean) => readonly Delta<T>[];
  /** Takes over an object that is there. Another uid under the same name is a deletion and an addition. */
  readonly put: (entry: Entry<T>) => readonly Delta<T>[];
  /** Takes out an object, with its last state. Nothing when it was not there. */
  readonly remove: (entry: Entry<T>) => readonly Delta<T>[];
};

/**
 * The object without managedFields, which are most of it (9–17 KiB against the 0.3 that are kept).
 */
export function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

const nameKey = (id: Identity): string => `${id.namespace}/${id.name}`;

function delta<T>(
  type: Delta<T>['type'],
  entry: Entry<T>,
  source: Delta<T>['source'],
  before?: Entry<T>,
): Delta<T> {
  return { type, ...entry.id, object: entry.object, source, ...(before ? { previous: before.object } : {}) };
}

/** An empty view. */
export function createStore<T>(): Store<T> {
  let byUid = new Map<string, Entry<T>>();
  let uidByName = new Map<string, string>();

  function drop(entry: Entry<T>): void {
    byUid.delete(entry.id.uid);
    const key = nameKey(entry.id);
    if (uidByName.get(key) === entry.id.uid) uidByName.delete(key);
  }

  function displaced(entry: Entry<T>): readonly Delta<T>[] {
    const uid = uidByName.get(nameKey(entry.id));
    const old = uid === undefined || uid === entry.id.uid ? undefined : byUid.get(uid);
    if (!old) return [];
    drop(old);
    return [delta('deleted', old, 'watch', old)];
  }

  return {
    get: (uid) => byUid.get(uid),
    *values() {
      for (const entry of byUid.values()) yield entry.object;
    },
    size: () => byUid.size,
    swap(entries, restored = false) {
      const before = byUid;
      byUid = new Map(entries);
      uidByName = new Map([...entries.values()].map((entry) => [nameKey(entry.id), entry.id.uid]));
      const deleted = [...before.values()].filter((old) => !byUid.has(old.id.uid));
      const kept = [...byUid.values()];
      const added = kept.filter((entry) => !before.has(entry.id.uid));
      const updated = kept.filter((entry) => {
        const old = before.get(entry.id.uid);
        return old !== undefined && (restored || old.id.resourceVersion !== entry.id.resourceVersion);
      });
      const there = [
        ...added.map((entry) => delta('added', entry, 'list')),
        ...updated.map((entry) => delta('updated', entry, 'list', before.get(entry.id.uid))),
      ];
      return [
        ...deleted.map((old) => delta('deleted', old, 'list', old)),
        ...(restored ? there.map((one) => ({ ...one, restored: true as const })) : there),
      ];
    },
    put(entry) {
      const gone = displaced(entry);
      const before = byUid.get(entry.id.uid);
      byUid.set(entry.id.uid, entry);
      uidByName.set(nameKey(entry.id), entry.id.uid);
      return [...gone, delta(before ? 'updated' : 'added', entry, 'watch', before)];
    },
    remove(entry) {
      const before = byUid.get(entry.id.uid);
      if (!before) return [];
      drop(before);
      return [delta('deleted', entry, 'watch', before)];
    },
  };
}
