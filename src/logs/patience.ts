/** The promise's outcome, or `late` after a time, or the signal's reason. What is left over is cleaned up. */
export function raced<T>(work: Promise<T>, ms: number, signal: AbortSignal): Promise<T | 'late'> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => done(() => reject(signal.reason));
    const timer = setTimeout(() => done(() => resolve('late')), ms);
    const done = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => done(() => resolve(value)),
      (error) => done(() => reject(error)),
    );
  });
}

/** Waits for a promise, and says so whenever another `ms` have gone by. */
export async function* patiently<T>(
  work: Promise<T>,
  ms: number,
  signal: AbortSignal,
): AsyncGenerator<'quiet', T, undefined> {
  // Who leaves while it is pending must not meet an unhandled rejection.
  work.catch(() => undefined);
  for (;;) {
    const outcome = await raced(work, ms, signal);
    if (outcome !== 'late') return outcome;
    yield 'quiet';
  }
}
