/** Time as the cluster sees it. Injected, so that tests can move it. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `action` once after `milliseconds`; the returned function cancels it. */
  after(milliseconds: number, action: () => void): () => void;
};

/** setTimeout's own limit: a longer delay would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The system's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: Date.now,
  after(milliseconds, action) {
    const timer = setTimeout(action, Math.min(Math.max(milliseconds, 0), LONGEST_TIMER));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves to true after `milliseconds`, or to false as soon as `signal` is aborted. */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  if (milliseconds <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const done = (elapsed: boolean) => {
      cancel();
      signal.removeEventListener('abort', stop);
      resolve(elapsed);
    };
    const stop = () => done(false);
    const cancel = clock.after(milliseconds, () => done(true));
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Kubernetes' time: RFC 3339 in whole seconds, UTC. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
