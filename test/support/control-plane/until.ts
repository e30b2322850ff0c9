import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** Checked before each attempt; what it throws ends the wait at once, for what can no longer come true. */
  readonly giveUp?: () => void;
}

/**
 * Asks until the answer is neither undefined nor false, and returns it. An attempt that throws counts as "not yet"; its
 * message is part of the error that is thrown when the time is over.
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  options: UntilOptions,
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + options.timeoutMs;
  let last = 'the condition was not met';
  while (Date.now() < deadline) {
    options.giveUp?.();
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
      last = 'the condition was not met';
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await delay(options.everyMs ?? 50);
  }
  throw new Error(`${what}: not within ${options.timeoutMs} ms: ${last}`);
}
