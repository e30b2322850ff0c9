import { type KubeObject, objectKey } from '../objects.ts';
import { type Change, createHistory } from './history.ts';

/**
 * All objects of the cluster, in memory, under one revision counter like etcd's. Every write is synchronous and atomic; listeners
 * are told in the order of the revisions and must not write from within.
 */
export type Store = {
  revision(): number;
  get(table: string, key: string): KubeObject | undefined;
  /** Objects of a table in key order. */
  list(table: string): readonly KubeObject[];
  /** The same as they were at `revision`, or undefined when the history no longer reaches back. */
  listAt(table: string, revision: number): readonly KubeObject[] | undefined;
  /** Stores the object under a new resourceVersion and returns what was stored. */
  put(table: string, object: KubeObject): KubeObject;
  remove(table: string, object: KubeObject): KubeObject;
  /** Changes after `revision`, or undefined when some of them are gone. */
  changesAfter(revision: number): readonly Change[] | undefined;
  /** Calls `listener` for every later change; the returned function ends that. */
  subscribe(listener: (change: Change) => void): () => void;
};

type Table = { objects: Map<string, KubeObject>; sorted: readonly KubeObject[] | undefined };

function inKeyOrder(objects: Map<string, KubeObject>): readonly KubeObject[] {
  return [...objects].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
}

export function createStore(historyLimit: number): Store {
  const tables = new Map<string, Table>();
  const listeners = new Set<(change: Change) => void>();
  const history = createHistory(historyLimit);
  let revision = 1;

  const table = (name: string): Table => {
    const known = tables.get(name);
    if (known !== undefined) return known;
    const created: Table = { objects: new Map(), sorted: undefined };
    tables.set(name, created);
    return created;
  };

  const commit = (type: Change['type'], name: string, object: KubeObject): KubeObject => {
    const { objects } = table(name);
    const key = objectKey(object);
    const previous = objects.get(key);
    revision += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, stored);
    table(name).sorted = undefined;
    const change: Change = {
      type,
      revision,
      table: name,
      key,
      object: stored,
      ...(previous === undefined ? {} : { previous }),
    };
    history.add(change);
    for (const listener of [...listeners]) listener(change);
    return stored;
  };

  return {
    revision: () => revision,
    get: (name, key) => table(name).objects.get(key),
    list(name) {
      const { objects, sorted } = table(name);
      if (sorted !== undefined) return sorted;
      const fresh = inKeyOrder(objects);
      table(name).sorted = fresh;
      return fresh;
    },
    listAt(name, wanted) {
      if (wanted === revision) return this.list(name);
      const changes = history.after(wanted);
      if (changes === undefined) return undefined;
      const objects = new Map(table(name).objects);
      for (const change of changes.toReversed()) {
        if (change.table !== name) continue;
        if (change.previous === undefined) objects.delete(change.key);
        else objects.set(change.key, change.previous);
      }
      return inKeyOrder(objects);
    },
    put: (name, object) =>
      commit(table(name).objects.has(objectKey(object)) ? 'MODIFIED' : 'ADDED', name, object),
    remove: (name, object) => commit('DELETED', name, object),
    changesAfter: (wanted) => history.after(wanted),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
