import { createFairQueue, type FairQueue } from '../lib/fair-queue.ts';
import { ExecutorError } from '../step/errors.ts';

/**
 * Cancels go before all else: a cluster that is overloaded is helped by stopping work, not by more of it. Then what completes a step that
 * has begun: a pod whose inputs are late is tried again by its node later and later, and a crash in between leaves half a step. Records of
 * what has ended, and creates, go by turns while both wait, so that neither holds up the other.
 */
export type WritePriority = 'cancel' | 'complete' | 'record' | 'create';

/** How a write ended: only a 429 says that the server has too much of it. */
export type WriteOutcome = 'ok' | 'throttled' | 'failed';

/** The right to one write in flight; must be given back exactly once. */
export type WriteSlot = { readonly release: (outcome: WriteOutcome) => void };

export type WriteLimiterStatus = {
  readonly limit: number;
  readonly inFlight: number;
  readonly waitingCancels: number;
  readonly waitingCompletions: number;
  readonly waitingRecords: number;
  readonly waitingCreates: number;
};

export type WriteLimiter = {
  /**
   * Waits for a slot, by turns of the namespaces that writes of this priority wait for. UNAVAILABLE when too many wait already; rejects with
   * the signal's reason when it aborts.
   */
  readonly acquire: (priority: WritePriority, signal?: AbortSignal, namespace?: string) => Promise<WriteSlot>;
  readonly status: () => WriteLimiterStatus;
};

export type WriteLimiterDeps = {
  /** Writes in flight when the server has no objection. 32 connections reached 5,379 creates/s on loopback. */
  readonly max?: number;
  readonly min?: number;
  /**
   * Waiting writes of each priority. One namespace has at most half of it, or as much as there is room left, so that others find room however
   * many it wants; at 1,000/s that is a second of waiting.
   */
  readonly queueLimit?: number;
  /** Cancels may exceed the limit by this many, so that creates that hang can't hold them up. */
  readonly cancelReserve?: number;
};

type Waiter = { readonly grant: () => void };

/**
 * A concurrency cap that halves on a 429 and grows by one per round of successes (AIMD). Several 429s of one round
 * halve it once: writes that began before the last halving say nothing about the new limit.
 */
export function createWriteLimiter(deps: WriteLimiterDeps = {}): WriteLimiter {
  const { max = 32, min = 1, queueLimit = 2_000, cancelReserve = 2 } = deps;
  const waiting: Readonly<Record<WritePriority, FairQueue<Waiter>>> = {
    cancel: createFairQueue(),
    complete: createFairQueue(),
    record: createFairQueue(),
    create: createFairQueue(),
  };
  let limit = max;
  let inFlight = 0;
  let epoch = 0;
  let last: 'record' | 'create' = 'create';

  const room = (priority: WritePriority) =>
    inFlight < Math.floor(limit) + (priority === 'cancel' ? cancelReserve : 0);

  function take(priority: WritePriority): WriteSlot {
    inFlight += 1;
    if (priority === 'record' || priority === 'create') last = priority;
    const began = epoch;
    let held = true;
    return {
      release(outcome) {
        if (!held) return;
        held = false;
        inFlight -= 1;
        adapt(outcome, began);
        grantNext();
      },
    };
  }

  function adapt(outcome: WriteOutcome, began: number): void {
    if (outcome === 'ok') limit = Math.min(max, limit + 1 / limit);
    if (outcome !== 'throttled' || began !== epoch) return;
    limit = Math.max(min, Math.floor(limit / 2));
    epoch += 1;
  }

  function grantNext(): void {
    for (let next = inTurn(); next !== undefined; next = inTurn()) next.grant();
  }

  /** Who gets the next slot, if there is one. */
  function inTurn(): Waiter | undefined {
    const others = last === 'record' ? (['create', 'record'] as const) : (['record', 'create'] as const);
    for (const priority of ['cancel', 'complete', ...others] as const) {
      const next = room(priority) ? waiting[priority].take() : undefined;
      if (next !== undefined) return next;
    }
    return undefined;
  }

  function wait(priority: WritePriority, namespace: string, signal?: AbortSignal): Promise<WriteSlot> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        waiting[priority].remove(namespace, waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        grant() {
          signal?.removeEventListener('abort', onAbort);
          resolve(take(priority));
        },
      };
      waiting[priority].add(namespace, waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  return {
    async acquire(priority, signal, namespace = '') {
      signal?.throwIfAborted();
      if (room(priority) && waiting[priority].size === 0) return take(priority);
      const { size, sizeOf } = waiting[priority];
      if (sizeOf(namespace) < queueLimit - size) return wait(priority, namespace, signal);
      throw new ExecutorError({
        code: 'UNAVAILABLE',
        reason: 'KUBERNETES_WRITE_QUEUE_FULL',
        message: 'too many writes are waiting for the cluster; try again shortly',
        retryAfterMs: 1_000,
      });
    },
    status: () => ({
      limit: Math.floor(limit),
      inFlight,
      waitingCancels: waiting.cancel.size,
      waitingCompletions: waiting.complete.size,
      waitingRecords: waiting.record.size,
      waitingCreates: waiting.create.size,
    }),
  };
}
