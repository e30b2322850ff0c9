import { setTimeout as delay } from 'node:timers/promises';

/** Waits for the promise, but no longer than `ms`; true when it was done in time. */
export async function within(done: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([done.then(() => true), delay(ms, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
