import { expect, test } from 'vitest';
import { runHostile } from './run-hostile.ts';

/** The same every time; another seed plays other things: FUZZ_SEED=1, or `npm run soak -- hostile`. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_128);

for (const victim of ['plain', 'secured'] as const)
  test(`hostile exchanges with an executor (${victim})`, async () => {
    const result = await runHostile({ victim, exchanges: 1_000, seed });
    expect(result.violations).toEqual([]);
    expect(result.honestCalls).toBeGreaterThan(5);
    // Much of it must get as far as an answer, or it proves little.
    expect(Object.keys(result.grpcStatuses).length).toBeGreaterThan(3);
    expect(Object.keys(result.httpStatuses).length).toBeGreaterThan(3);
  }, 120_000);
