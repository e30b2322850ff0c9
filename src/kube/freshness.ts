import { type Clock, systemClock } from '../lib/clock.ts';
import { compareVersions, hasReached } from '../lib/resource-version.ts';

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

/** What a short second watch of the collection has shown. */
export type Silence = {
  /** Nothing happened up to this version. Absent: no bookmark came. */
  readonly until?: string;
  /** The first event that came. Absent: none did. */
  readonly event?: string;
};

/** What is wrong with the view; but for `stuck`, only a new list helps. */
export type Doubt =
  /** Proof is missing for too long although the API server answers. */
  | 'overdue'
  /** Another watch has seen an event that the view's own has not, for too long: its connection is dead, and another one is wanted. */
  | 'stuck'
  /** The store is older than the view: etcd was restored. */
  | 'store-went-back';

export type Freshness = {
  readonly start: () => void;
  readonly stop: () => Promise<void>;
  readonly status: () => FreshnessStatus;
};

export type FreshnessDeps = {
  /** The store's revision by a consistent read: resourceVersion of a `limit=1` list without a version. */
  readonly probe: (signal: AbortSignal) => Promise<string>;
  /** A short watch of the same collection from `since`, on another connection. Absent: only the view's own frames prove. */
  readonly silence?: (since: string, signal: AbortSignal) => Promise<Silence>;
  /** The version that the view has reached. */
  readonly reached: () => string;
  /** Asked to list anew (Reflector.relist), or to connect anew when the watch is `stuck` (Reflector.reconnect). */
  readonly onDoubt: (why: Doubt) => void;
  /** Called when a probe is answered after one that was not: whoever waits for the API server need not wait longer. */
  readonly onBack?: () => void;
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
  readonly intervalMs?: number;
  /** Proof older than this is looked for by `silence`. */
  readonly silenceAfterMs?: number;
  /** How long the view may lack an event that another watch has seen. */
  readonly stuckMs?: number;
  /** How long proof may be missing before a new list is asked for: two bookmark periods. */
  readonly overdueMs?: number;
};

type Proof = { readonly at: number; readonly revision: string };

const MAX_PENDING = 240;

/**
 * Proves how fresh a view is. A probe sent at T that answers revision R says what the store was at T or later; once the
 * view has reached R by an event, a bookmark or a list, it contains all that was true at T.
 *
 * On a collection that changes that takes milliseconds. On a quiet one only a bookmark moves the view, once a minute
 * (measured on 1.37.2: the age swings between 0 and 63 s). Then a short second watch from the view's own version is
 * asked: when it brings nothing up to a bookmark at or past R, nothing happened in between, and the view is true up to R.
 * When it brings an event, the view's own watch has to bring it too, soon, or it is dead.
 *
 * Before 1.33 a quiet watch cache may itself lag behind etcd, by up to ten minutes, and no bookmark passes R; there the
 * list that is asked for when proof is overdue is the proof.
 */
export function createFreshness(deps: FreshnessDeps): Freshness {
  const { clock = systemClock, intervalMs = 5_000, silenceAfterMs = 10_000, stuckMs = 10_000 } = deps;
  const { probe, silence, reached, onDoubt, overdueMs = 120_000 } = deps;
  const stopping = new AbortController();
  let pending: Proof[] = [];
  let witness: Proof | undefined;
  let provenAt: number | undefined;
  let probedAt: number | undefined;
  let failures = 0;
  let doubtedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  // Revisions are reached in order, so the last one reached proves all before it.
  function settle(version: string): void {
    const last = pending.findLastIndex((proof) => hasReached(version, proof.revision));
    if (last < 0) return;
    provenAt = pending[last]?.at;
    pending = pending.slice(last + 1);
    // The list that was asked for has helped: what is found out from now on is another failure.
    if (provenAt !== undefined && provenAt >= doubtedAt) doubtedAt = Number.NEGATIVE_INFINITY;
  }

  function doubt(why: Doubt): void {
    // One list has to have its chance before the next is asked for, unless it has proven itself already.
    if (clock.now() - doubtedAt < overdueMs) return;
    doubtedAt = clock.now();
    onDoubt(why);
  }

  async function look(): Promise<void> {
    const at = clock.now();
    const before = reached();
    const revision = await probe(stopping.signal);
    probedAt = clock.now();
    if (failures > 0) deps.onBack?.();
    failures = 0;
    const order = compareVersions(revision, before);
    if (order === undefined) return;
    if (order < 0) {
      // What was asked of the other store proves nothing about this one.
      pending = [];
      return doubt('store-went-back');
    }
    // Losing a proof in the middle only makes the answer coarser.
    if (pending.length >= MAX_PENDING) pending.splice(1, 1);
    pending.push({ at, revision });
    settle(reached());
    if (silence && pending.length > 0 && at - (provenAt ?? 0) >= silenceAfterMs) await listen(silence);
    suspect();
  }

  async function listen(ask: NonNullable<FreshnessDeps['silence']>): Promise<void> {
    // Its failure proves nothing either way, and the probe was answered.
    const heard = await ask(reached(), stopping.signal).catch((error: unknown): Silence => {
      if (!stopping.signal.aborted) deps.onError?.(error);
      return {};
    });
    const { until, event } = heard;
    if (until !== undefined) settle(until);
    if (event !== undefined) witness ??= { at: clock.now(), revision: event };
  }

  function suspect(): void {
    const now = clock.now();
    if (witness && hasReached(reached(), witness.revision)) witness = undefined;
    if (witness && now - witness.at >= stuckMs) {
      witness = undefined;
      return doubt('stuck');
    }
    const oldest = pending[0];
    if (oldest && now - oldest.at >= overdueMs) doubt('overdue');
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Before the first list there is no view to prove.
      if (reached() !== '') {
        await look().catch((error: unknown) => {
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
      settle(reached());
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
