import { type Clock, systemClock } from '../lib/clock.ts';
import { compareVersions, hasReached } from './resource-version.ts';

/** How true the view is known to be. Times are milliseconds of the clock. */
export type FreshnessStatus = {
  /** The newest instant that the view is proven to contain. Absent: never proven. */
  readonly provenAt?: number;
  /** Now minus that. Infinity when never proven. */
  readonly ageMs: number;
  /** When the API server last answered a probe. */
  readonly probedAt?: number;
  /** Probes in a row without an answer. */
  readonly failures: number;
  /** Probes whose revision the view has not reached yet. */
  readonly pending: number;
};

export type Freshness = {
  readonly start: () => void;
  readonly stop: () => Promise<void>;
  readonly status: () => FreshnessStatus;
};

export type FreshnessDeps = {
  /** The store's revision by a consistent read: resourceVersion of a `limit=1` list without a version. */
  readonly probe: (signal: AbortSignal) => Promise<string>;
  /** The version that the view has reached. */
  readonly reached: () => string;
  /**
   * Asked for when proof is overdue although the API server answers, or when the store is older than the view (a
   * restored etcd): list anew. See Reflector.relist.
   */
  readonly onDoubt: (why: 'overdue' | 'store-went-back') => void;
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
  readonly intervalMs?: number;
  /** How long proof may be missing before a new list is asked for: two bookmark periods. */
  readonly overdueMs?: number;
};

const MAX_PENDING = 240;

type Proof = { readonly at: number; readonly revision: string };

/**
 * Proves how fresh a view is. A probe sent at T that answers revision R says what the store was at T or later; once the
 * view has reached R by an event, a bookmark or a list, it contains all that was true at T.
 *
 * On a busy collection that takes milliseconds. On an idle one only a bookmark moves the view, about once a minute, and
 * the age swings between nothing and a minute: it is an upper bound on how wrong the view can be, not a measure of how
 * wrong it is. From 1.33 on the probe itself makes the API server's watch cache catch up with etcd (a consistent read
 * from the cache), so that the next bookmark is past R; on older ones an idle cache may stay behind for up to ten
 * minutes, and the overdue list proves it instead.
 */
export function createFreshness(deps: FreshnessDeps): Freshness {
  const { probe, reached, onDoubt, clock = systemClock, intervalMs = 5_000, overdueMs = 120_000 } = deps;
  const stopping = new AbortController();
  let pending: Proof[] = [];
  let provenAt: number | undefined;
  let probedAt: number | undefined;
  let failures = 0;
  let doubtedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  // The view reaches revisions in order, so the last one reached proves all before it.
  function settle(): void {
    const version = reached();
    const last = pending.findLastIndex((proof) => hasReached(version, proof.revision));
    if (last < 0) return;
    provenAt = pending[last]?.at;
    pending = pending.slice(last + 1);
  }

  function doubt(why: 'overdue' | 'store-went-back', now: number): void {
    // One list has to have its chance before the next is asked for.
    if (now - doubtedAt < overdueMs) return;
    doubtedAt = now;
    onDoubt(why);
  }

  async function probeOnce(): Promise<void> {
    const at = clock.now();
    const before = reached();
    const revision = await probe(stopping.signal);
    probedAt = clock.now();
    failures = 0;
    const order = compareVersions(revision, before);
    if (order === undefined) return;
    if (order < 0) {
      // What was asked of the other store proves nothing about this one.
      pending = [];
      return doubt('store-went-back', probedAt);
    }
    // Losing a proof in the middle only makes the answer coarser.
    if (pending.length >= MAX_PENDING) pending.splice(1, 1);
    pending.push({ at, revision });
    settle();
    const oldest = pending[0];
    if (oldest && probedAt - oldest.at >= overdueMs) doubt('overdue', probedAt);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Before the first list there is no view to prove.
      if (reached() !== '') {
        await probeOnce().catch((error: unknown) => {
          if (stopping.signal.aborted) return;
          failures += 1;
          deps.onError?.(error);
        });
      }
      await clock.sleep(intervalMs, stopping.signal).catch(() => undefined);
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort(new Error('the freshness prober was stopped'));
      await running;
    },
    status() {
      settle();
      return {
        ...(provenAt === undefined ? {} : { provenAt }),
        ...(probedAt === undefined ? {} : { probedAt }),
        ageMs: provenAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, clock.now() - provenAt),
        failures,
        pending: pending.length,
      };
    },
  };
}
