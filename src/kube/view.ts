import { yieldToEventLoop } from '../lib/abort.ts';
import { hasReached } from '../lib/resource-version.ts';
import { createStore, type Delta, type Entry, withoutManagedFields } from './store.ts';
import type { KubeObject } from './types.ts';
import { identityOf, type ObjectFrame } from './watch-frames.ts';

export type ViewDeps<T> = {
  readonly project: (object: KubeObject) => T;
  readonly onDelta: (delta: Delta<T>) => void;
  /** Whatever one of the two above throws. */
  readonly onHandlerError: (error: unknown) => void;
};

/** The store, and the telling of its changes to a handler that may fail. */
export type View<T> = {
  readonly get: (uid: string) => T | undefined;
  readonly values: () => IterableIterator<T>;
  readonly size: () => number;
  /** Puts an object into a list that is being gathered. */
  readonly gather: (entries: Map<string, Entry<T>>, object: KubeObject) => void;
  /** Replaces the view by a complete list and tells what changed. Stops telling when the signal aborts. `restored`: the store went back. */
  readonly takeOver: (
    entries: ReadonlyMap<string, Entry<T>>,
    signal: AbortSignal,
    restored: boolean,
  ) => Promise<void>;
  /** Applies one watch event and tells what changed. */
  readonly apply: (frame: ObjectFrame) => void;
  /** An object that a call has returned: if a list passes it over, it is told as deleted. `reached` is the version of the view. */
  readonly meet: (entry: Entry<T>, reached: string) => void;
  /** A list of this version was taken over: what was met by then, and is not in it, is gone. */
  readonly listed: (reached: string) => void;
};

// Between so many deltas of one list the event loop gets its turn.
const DELTAS_PER_TURN = 500;

/** An empty view. A handler that throws is reported, and changes nothing for the others. */
export function createView<T>(deps: ViewDeps<T>): View<T> {
  const store = createStore<T>();
  const met = new Map<string, Entry<T>>();

  function entryOf(object: KubeObject): Entry<T> | undefined {
    const id = identityOf(object);
    try {
      return { id, object: deps.project(withoutManagedFields(object)) };
    } catch (error) {
      deps.onHandlerError(error);
      return undefined;
    }
  }

  function tell(delta: Delta<T>): void {
    met.delete(delta.uid);
    try {
      deps.onDelta(delta);
    } catch (error) {
      deps.onHandlerError(error);
    }
  }

  function listed(reached: string): void {
    for (const { id, object } of met.values()) {
      if (!hasReached(reached, id.resourceVersion)) continue;
      if (store.get(id.uid) === undefined) tell({ type: 'deleted', ...id, object, source: 'list' });
      else met.delete(id.uid);
    }
  }

  return {
    get: (uid) => store.get(uid)?.object,
    values: store.values,
    size: store.size,
    gather(entries, object) {
      const { uid } = identityOf(object);
      // What cannot be projected keeps its last good form: it is no reason to tell a deletion.
      const entry = entryOf(object) ?? store.get(uid);
      if (entry) entries.set(uid, entry);
    },
    async takeOver(entries, signal, restored) {
      for (const [index, delta] of store.swap(entries, restored).entries()) {
        if (index > 0 && index % DELTAS_PER_TURN === 0) await yieldToEventLoop();
        if (signal.aborted) return;
        tell(delta);
      }
    },
    apply(frame) {
      const entry = entryOf(frame.object);
      if (frame.type !== 'DELETED') for (const delta of entry ? store.put(entry) : []) tell(delta);
      else {
        const last = entry ?? store.get(frame.id.uid);
        for (const delta of last ? store.remove(last) : []) tell(delta);
      }
    },
    meet(entry, reached) {
      if (store.get(entry.id.uid) !== undefined) return;
      met.set(entry.id.uid, entry);
      listed(reached);
    },
    listed,
  };
}
