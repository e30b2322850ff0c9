import { jittered, nextCeiling } from '../lib/backoff.ts';
import { ExecutorError } from '../step/errors.ts';
import type { EventLog } from '../step/event-log.ts';
import { isFinal } from '../step/state.ts';
import type { EpochMs, ObjectRef } from '../step/step.ts';
import { logsForbidden, logUnavailable } from './errors.ts';
import { type Goal, readGoal } from './goal.ts';
import { patiently } from './patience.ts';
import { type PodSight, podSights } from './pod-sight.ts';
import type { ReadDeps } from './reading.ts';

export interface WaitsDeps extends Pick<ReadDeps, 'store' | 'quietMs' | 'sleep' | 'now'> {
  readonly random: () => number;
}

type Waiting<T> = AsyncGenerator<'quiet', T, undefined>;

const backoff = { baseMs: 200, capMs: 5_000 };
/** Attempts in a row that bring nothing, about 3 s: a reader that does not follow is told to come back. */
const mostIdle = 5;
/** About a minute: behind the end of a step a node that does not answer may never do. */
const mostIdleBehindTheEnd = 16;
/** How long an answer may go on behind the end of the step: a follow ends within 1.5 s of its container. */
const lingerMs = 5_000;

/** For the last of the output to reach the log; none of it is under way any more where the end is long ago, whatever the clocks say. */
const settleMs = 2_000;
const longAgoMs = 60_000;

/** What a reader of a log waits for. Each way of waiting says `quiet` when it takes long. */
export class Waits {
  readonly #deps: WaitsDeps;
  readonly #log: EventLog;
  readonly #follow: boolean;
  readonly #signal: AbortSignal;
  #ceilingMs = 0;
  #idle = 0;
  /** When the container of the pod that is read was first seen to have ended. */
  #ended: { readonly pod: string; readonly at: EpochMs } | undefined;

  constructor(deps: WaitsDeps, log: EventLog, follow: boolean, signal: AbortSignal) {
    this.#deps = deps;
    this.#log = log;
    this.#follow = follow;
    this.#signal = signal;
  }

  progressed(lines: number): void {
    this.#idle = lines > 0 ? 0 : this.#idle + 1;
    if (lines > 0) this.#ceilingMs = 0;
  }

  /**
   * Nothing has come of many readings in a row, and nothing will. A kubelet that was started again takes its time to know its pods. Throws
   * UNAVAILABLE where nobody follows: the caller may come back.
   */
  isHopeless(): boolean {
    if (!this.#follow && this.#idle >= mostIdle) throw logUnavailable();
    return this.#idle >= mostIdleBehindTheEnd;
  }

  /** Throws an error that has lasted for too long, or that is none of a moment. */
  tolerate(error: unknown, attempts = this.#idle): void {
    const passing = error instanceof ExecutorError ? error.code === 'UNAVAILABLE' : isAbort(error);
    const most = !this.#follow
      ? mostIdle
      : isFinal(this.#log.current.state)
        ? mostIdleBehindTheEnd
        : Number.POSITIVE_INFINITY;
    if (!passing || attempts >= most) throw error;
  }

  /** Until the step changes behind a place in its history. */
  change(since: number): Waiting<void> {
    return patiently(changed(this.#log, since, this.#signal), this.#deps.quietMs, this.#signal);
  }

  /** Ever longer, or until the step changes. */
  async *pause(): Waiting<void> {
    this.#ceilingMs = nextCeiling(this.#ceilingMs, backoff);
    const over = new AbortController();
    const stop = () => over.abort();
    this.#signal.addEventListener('abort', stop, { once: true });
    try {
      const slept = this.#deps
        .sleep(jittered(this.#ceilingMs / 2, this.#deps.random, this.#ceilingMs / 2), over.signal)
        .catch(() => undefined);
      yield* patiently(
        Promise.race([slept, changed(this.#log, this.#log.head, over.signal)]),
        this.#deps.quietMs,
        this.#signal,
      );
    } finally {
      stop();
      this.#signal.removeEventListener('abort', stop);
    }
  }

  /**
   * Until what a container has written is in its log, should the runtime tell of the end before it has written down the last of it
   * (docs/adr/0008-logs.md).
   */
  async *settled({ uid }: Pick<ObjectRef, 'uid'>, endTime: EpochMs | undefined): Waiting<void> {
    const now = this.#deps.now();
    if (this.#ended?.pod !== uid) this.#ended = { pod: uid, at: now };
    if (endTime !== undefined && now - endTime > longAgoMs) return;
    const restMs = this.#ended.at + settleMs - now;
    if (restMs > 0)
      yield* patiently(this.#deps.sleep(restMs, this.#signal), this.#deps.quietMs, this.#signal);
  }

  /** The pods of the Job by a consistent read. */
  async *pods(): Waiting<readonly PodSight[]> {
    const { namespace, uid } = this.#log.current.job;
    return podSights(yield* this.#stubbornly(() => this.#deps.store.listPods(namespace, uid, this.#signal)));
  }

  /** How the log ends now; `try-again` where the pod has none at the moment. */
  async *goal(pod: ObjectRef, container: string): Waiting<Goal | 'try-again'> {
    const goal = yield* this.#stubbornly(() => readGoal(this.#deps.store, pod, container, this.#signal));
    if (goal === 'forbidden') throw logsForbidden();
    if (goal !== 'gone' && goal !== 'not-started') return goal;
    this.progressed(0);
    if (this.isHopeless()) return 'unreadable';
    yield* this.pause();
    return 'try-again';
  }

  /** A signal that aborts some time after the step's end. */
  whenOver(): { readonly signal: AbortSignal; readonly clear: () => void } {
    const giveUp = new AbortController();
    const cleared = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const look = async () => {
      while (!cleared.signal.aborted && !isFinal(this.#log.current.state))
        await changed(this.#log, this.#log.head, cleared.signal);
      if (!cleared.signal.aborted) timer = setTimeout(() => giveUp.abort(), lingerMs);
    };
    void look();
    return {
      signal: giveUp.signal,
      clear() {
        clearTimeout(timer);
        cleared.abort();
      },
    };
  }

  async *#stubbornly<T>(call: () => Promise<T>): Waiting<T> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return yield* patiently(call(), this.#deps.quietMs, this.#signal);
      } catch (error) {
        if (this.#signal.aborted) throw error;
        this.tolerate(error, attempts);
        yield* this.pause();
      }
    }
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** Resolves when the history has grown, or the signal aborts. Leaves nothing behind. */
function changed(log: EventLog, since: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || log.head > since) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      takeBack();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const takeBack = log.onAppend(done);
    signal.addEventListener('abort', done, { once: true });
  });
}
