import { formatKey } from '../../../src/step/key.ts';
import type { ExecutorClient } from '../../support/client.ts';
import { persist } from './persist.ts';
import type { EndedStep } from './run-load.ts';
import { summary } from './summary.ts';
import type { Tally } from './tally.ts';

/** Asks for every step once more, after everything is over: the answer must be the end that was told. */
export async function askAgain(
  client: ExecutorClient,
  ended: readonly EndedStep[],
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  for (const { request, end } of ended) {
    const now = await persist('gets', tally, signal, () => client.get(request.key));
    if (summary(now) !== summary(end))
      tally.violation(`${formatKey(request.key)}: told ${summary(end)}, and later ${summary(now)}`);
  }
}
