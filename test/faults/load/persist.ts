import { sleep } from '../../../src/lib/abort.ts';
import { RpcError } from '../../support/client.ts';
import type { Tally } from './tally.ts';

/** A caller's own deadline is the caller's business; beside it UNAVAILABLE is the only code to retry on. */
const retried: readonly string[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED'];

export const isRetried = (error: RpcError): boolean => retried.includes(error.code);

/** As the contract tells callers: repeats a call until it is answered, and after nothing but what may be repeated. */
export async function persist<T>(
  what: string,
  tally: Tally,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (thrown) {
      const error = RpcError.from(thrown);
      if (!isRetried(error)) throw error;
      tally.count(`${what}: retried after ${error.reason || error.code}`);
      await sleep(pauseMs(error, attempt), signal);
    }
  }
}

/** What the executor asks for, within reason, else longer and longer; spread, so that not all come back at once. */
export const pauseMs = ({ retryAfterMs }: RpcError, attempt: number): number =>
  Math.min(retryAfterMs ?? 50 * 2 ** Math.min(attempt, 5), 1_000) * (0.5 + Math.random());
