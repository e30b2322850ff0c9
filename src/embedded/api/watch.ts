import type { Clock } from '../clock.ts';
import type { Resource } from '../registry/resources.ts';
import { invalid } from '../status.ts';
import type { Change } from '../storage/history.ts';
import type { Store } from '../storage/store.ts';
import { forbiddenField } from '../validation/field-error.ts';
import type { Exchange } from './exchange.ts';
import type { ListOptions } from './list-options.ts';
import { bookmark, frame, frameOf, tooOld } from './watch-frames.ts';

export type WatchDeps = {
  readonly store: Store;
  readonly clock: Clock;
  /** Milliseconds between bookmarks. */
  readonly bookmarkInterval: number;
  /** Bytes that may wait for one slow watcher. */
  readonly watchBuffer: number;
  /** False makes it refuse sendInitialEvents, as servers before 1.27 and those with WatchList disabled do. */
  readonly streamingLists: boolean;
};

const DEFAULT_TIMEOUT_SECONDS = 1800;
/** Before the end of a watch. */
const LAST_MARK_SECONDS = 2;

/** The lines with which a watch begins: what is there, or what has happened since the version it names. Undefined is too old. */
function opening(store: Store, resource: Resource, options: ListOptions): readonly string[] | undefined {
  const wanted = Number(options.resourceVersion || '0');
  if (options.initialEvents ?? wanted === 0) {
    const found = store.list(resource.plural).filter(options.matches);
    const lines = found.map((object) => frame('ADDED', object));
    return options.initialEvents === true ? [...lines, bookmark(resource, store.revision(), true)] : lines;
  }
  const changes = wanted === 0 ? [] : store.changesAfter(wanted);
  return changes?.flatMap((change) => frameOf(change, resource.plural, options.matches) ?? []);
}

/**
 * Streams changes until the client goes, the timeout ends it, or the client reads too slowly: what it has not read is bounded, and it
 * can resume from the last version that it saw.
 */
export function serveWatch(
  deps: WatchDeps,
  { response }: Exchange,
  resource: Resource,
  options: ListOptions,
): void {
  const { store, clock } = deps;
  if (options.initialEvents !== undefined && !deps.streamingLists) {
    const why = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
    throw invalid('ListOptions', 'meta.k8s.io', '', [forbiddenField('sendInitialEvents', why)]);
  }
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const first = opening(store, resource, options);
  if (first === undefined) {
    response.end(tooOld(Number(options.resourceVersion), store.revision()));
    return;
  }

  // What is there at the start is written at once, whatever its size; only what follows is bounded.
  const start = first.join('');
  let allowance = deps.watchBuffer + Buffer.byteLength(start);
  if (start !== '') response.write(start);
  response.once('drain', () => {
    allowance = deps.watchBuffer;
  });
  const write = (line: string): void => {
    if (response.writableLength > allowance) response.destroy();
    else response.write(line);
  };
  let told = store.revision();
  const unsubscribe = store.subscribe((change: Change) => {
    const line = frameOf(change, resource.plural, options.matches);
    if (line === undefined) return;
    told = change.revision;
    write(line);
  });
  const tell = () => {
    if (store.revision() > told) told = store.revision();
    write(bookmark(resource, told));
  };
  const mark = () => {
    tell();
    cancelMark = clock.after(deps.bookmarkInterval, mark);
  };
  let cancelMark = options.bookmarks ? clock.after(deps.bookmarkInterval, mark) : () => undefined;
  const seconds = options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS * (1 + Math.random());
  const cancelTimeout = clock.after(seconds * 1000, () => response.end());
  // As the real server does: the last bookmark lets a reader resume from where the watch ends.
  const cancelLastMark =
    options.bookmarks && seconds > LAST_MARK_SECONDS
      ? clock.after((seconds - LAST_MARK_SECONDS) * 1000, tell)
      : () => undefined;
  response.once('close', () => {
    unsubscribe();
    cancelMark();
    cancelLastMark();
    cancelTimeout();
  });
}
