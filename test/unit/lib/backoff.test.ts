import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jittered, nextCeiling } from '../../../src/lib/backoff.ts';
import { systemClock } from '../../../src/lib/clock.ts';

test('the ceiling begins at the base, doubles, and stays at the cap', () => {
  const ceilings: number[] = [];
  for (let last = 0; ceilings.length < 5; ceilings.push(last)) {
    last = nextCeiling(last, { baseMs: 100, capMs: 500 });
  }
  expect(ceilings).toEqual([100, 200, 400, 500, 500]);
});

test('a delay lies between the floor and the floor plus the ceiling', () => {
  const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(draws, fc.nat(60_000), fc.nat(60_000), (draw, ceiling, floor) => {
      const delay = jittered(ceiling, () => draw, floor);
      return delay >= floor && delay <= floor + ceiling;
    }),
  );
});

test('the clock of the machine tells the time of day and never goes back', () => {
  const before = systemClock.now();
  expect(Math.abs(before - Date.now())).toBeLessThan(1_000);
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
});
