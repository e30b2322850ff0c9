import { systemClock } from '../lib/clock.ts';
import { compareVersions, hasReached } from '../lib/resource-version.ts';
import { ApiError, isExpired, isVersionTooLarge } from './api-error.ts';
import { listAll } from './list.ts';
import { isRbac } from './missing-right.ts';
import { NetworkError } from './network-error.ts';
import { createPause } from './pause.ts';
import { NEW_STATUS, type ReflectorStatus } from './reflector-status.ts';
import { REFLECTOR_TUNING } from './reflector-tuning.ts';
import type { Reflector, ReflectorDeps } from './reflector-types.ts';
import { decide, INITIAL_RETRY, type NextRound, type Outcome, succeeded } from './retry-policy.ts';
import type { Entry } from './store.ts';
import type { Query } from './transport-types.ts';
import { createView } from './view.ts';
import { watchFrames } from './watch.ts';

export type { Reflector, ReflectorDeps } from './reflector-types.ts';

/** A view of one collection that is kept true by list and watch, through every failure that is not a stop. */
export function createReflector<T>(deps: ReflectorDeps<T>): Reflector<T> {
  const { transport, path, clock = systemClock, random = Math.random } = deps;
  const tuning = { ...REFLECTOR_TUNING, ...deps.tuning };
  const selectors: Query = { labelSelector: deps.labelSelector, fieldSelector: deps.fieldSelector };
  const stopping = new AbortController();
  const firstSync = Promise.withResolvers<void>();
  // A caller that never waits for it must not bring the process down with an unhandled rejection.
  firstSync.promise.catch(() => undefined);
  let status = NEW_STATUS;
  let retry = INITIAL_RETRY;
  let next: NextRound = 'latest';
  let streaming = deps.streamingList ?? false;
  let round = new AbortController();
  const pause = createPause(clock, stopping.signal);
  let running: Promise<void> | undefined;

  const view = createView<T>({
    project: deps.project,
    onDelta: deps.onDelta,
    onHandlerError(error) {
      set({ handlerErrors: status.handlerErrors + 1 });
      deps.onError?.(error, 'handler');
    },
  });

  function set(changes: Partial<ReflectorStatus>): void {
    const before = status;
    status = { ...status, ...changes };
    if (before.state !== status.state || before.synced !== status.synced) deps.onStatus?.(status);
  }

  const heard = () => set({ lastActivity: clock.now() });

  async function takeOver(entries: ReadonlyMap<string, Entry<T>>, resourceVersion: string): Promise<void> {
    // A list is never older than the one before, nor than what a watch has shown, but where the store was restored from a backup.
    const restored = (compareVersions(resourceVersion, status.resourceVersion) ?? 0) < 0;
    if (restored) set({ restores: status.restores + 1 });
    await view.takeOver(entries, stopping.signal, restored);
    stopping.signal.throwIfAborted();
    next = 'resume';
    retry = succeeded(retry, clock.now());
    set({ resourceVersion, synced: true, size: view.size(), lastActivity: clock.now() });
    view.listed(resourceVersion);
    firstSync.resolve();
  }

  const beginList = () =>
    set({ state: 'listing', lists: status.lists + 1, relists: status.relists + (status.synced ? 1 : 0) });

  async function list(): Promise<void> {
    beginList();
    const entries = new Map<string, Entry<T>>();
    const version = await listAll({
      transport,
      path,
      selectors,
      pageSize: tuning.pageSize,
      timeoutMs: tuning.listTimeoutMs,
      signal: round.signal,
      notOlderThan: next === 'recent' ? status.resourceVersion : undefined,
      onObject: (object) => view.gather(entries, object),
      onPage: heard,
    });
    await takeOver(entries, version);
  }

  /** Reads one watch to its orderly end. With `initial`, it first gathers the list that the stream begins with. */
  async function watch(query: Query, initial?: Map<string, Entry<T>>): Promise<void> {
    let gathering = initial;
    const onOpen = () => {
      set({ watches: status.watches + 1, reconnects: status.watches, lastActivity: clock.now() });
      if (gathering) return;
      retry = succeeded(retry, clock.now());
      set({ state: 'watching', refusals: 0 });
    };
    const { watchSeconds: seconds, idleMs } = tuning;
    const request = { transport, path, query: { ...selectors, ...query }, seconds, idleMs, random, onOpen };
    for await (const frame of watchFrames({ ...request, signal: round.signal })) {
      round.signal.throwIfAborted();
      heard();
      if (frame.type === 'BOOKMARK') {
        set({ bookmarks: status.bookmarks + 1 });
        if (!gathering) reached(frame.resourceVersion);
        else if (frame.endOfInitialEvents) {
          await takeOver(gathering, frame.resourceVersion);
          gathering = undefined;
          set({ state: 'watching', refusals: 0 });
        }
      } else if (gathering) {
        if (frame.type === 'DELETED') gathering.delete(frame.id.uid);
        else view.gather(gathering, frame.object);
      } else if (hasReached(status.resourceVersion, frame.id.resourceVersion)) {
        set({ duplicates: status.duplicates + 1 });
      } else {
        view.apply(frame);
        set({ events: status.events + 1, size: view.size() });
        reached(frame.id.resourceVersion);
      }
    }
    if (gathering)
      throw new NetworkError('protocol', `WATCH ${path}: the stream ended before its initial events did`);
  }

  // Backwards is never right: resuming there would tell again what was told.
  const reached = (resourceVersion: string) => {
    if (!hasReached(status.resourceVersion, resourceVersion)) set({ resourceVersion });
  };

  /** The list as a stream. False: the server does not do that, and is not asked again. */
  async function streamingList(): Promise<boolean> {
    beginList();
    const recent = next === 'recent' ? { resourceVersion: status.resourceVersion } : {};
    try {
      await watch({ sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', ...recent }, new Map());
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 400 && error.status !== 422)) throw error;
      streaming = false;
      return false;
    }
  }

  async function playRound(): Promise<Outcome> {
    round = new AbortController();
    const version = () => status.resourceVersion;
    let openedAt = clock.now();
    let before = version();
    try {
      if (next !== 'resume' && streaming && (await streamingList())) return closed(openedAt, true);
      if (next !== 'resume') await list();
      set({ state: 'connecting' });
      openedAt = clock.now();
      before = version();
      await watch({ resourceVersion: before });
      return closed(openedAt, version() !== before);
    } catch (error) {
      return failed(error, version() !== before);
    }
  }

  const closed = (openedAt: number, progressed: boolean): Outcome => ({
    kind: 'closed',
    openMs: clock.now() - openedAt,
    progressed,
  });

  function failed(error: unknown, progressed: boolean): Outcome {
    // Only relist() and reconnect() end a round from outside, but for stop(), after which no decision is taken.
    if (round.signal.aborted) return { kind: next === 'resume' ? 'idle' : 'requested', progressed };
    if (isExpired(error) || isVersionTooLarge(error)) return { kind: 'expired', progressed };
    if (error instanceof NetworkError && error.kind === 'idle') {
      set({ idleTimeouts: status.idleTimeouts + 1 });
      return { kind: 'idle', progressed };
    }
    const refusals = isRbac(error) ? status.refusals + 1 : 0;
    set({ errors: status.errors + 1, refusals, lastError: String(error) });
    deps.onError?.(error, 'round');
    return {
      kind: 'failed',
      progressed,
      retryAfterMs: error instanceof ApiError ? error.retryAfterMs : undefined,
    };
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const outcome = await playRound();
      if (stopping.signal.aborted) break;
      const decision = decide(retry, outcome, clock.now(), random, tuning);
      retry = decision.state;
      // A list that failed is not made good by resuming: it stays wanted until it is complete.
      if (decision.next !== 'resume') next = decision.next;
      if (decision.delayMs > 0) {
        set({ state: 'backoff' });
        await pause.wait(decision.delayMs, outcome.kind === 'failed' ? (outcome.retryAfterMs ?? 0) : 0);
      }
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      const reason = new Error('the reflector was stopped');
      stopping.abort(reason);
      round.abort(reason);
      pause.cutShort();
      await running;
      set({ state: 'stopped' });
      firstSync.reject(reason);
    },
    synced: firstSync.promise,
    status: () => status,
    get: view.get,
    values: view.values,
    meet: (id, object) => view.meet({ id, object }, status.resourceVersion),
    relist() {
      next = 'latest';
      round.abort(new Error('a new list is wanted'));
    },
    reconnect() {
      if (status.state === 'watching') round.abort(new Error('the watch is dead'));
    },
    hasten: pause.cutShort,
  };
}
