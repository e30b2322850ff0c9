import { expect, test } from 'vitest';
import { createPhaseLog } from './phase-log.ts';

const nothingMissing = { trueMs: 0, wrong: undefined };

test('shares of CPU are those of each phase, the most and over all', () => {
  const log = createPhaseLog();
  log.begin('silent', 0, 100);
  log.begin('calm', 1_000, 200);
  log.begin('silent', 2_000, 700);
  const { skies } = log.end(5_000, 700);
  expect(skies.silent).toMatchObject({ phases: 2, seconds: 4, cpuMost: 0.1 });
  expect(skies.silent?.cpu).toBeCloseTo(0.025);
  expect(skies.calm).toMatchObject({ phases: 1, seconds: 1, cpuMost: 0.5 });
});

test('the recovery ends with the first young claim; claims in calm weather count from there', () => {
  const log = createPhaseLog();
  log.begin('calm', 0, 0);
  log.claim({ time: 1, ageMs: Number.POSITIVE_INFINITY }, nothingMissing);
  log.claim({ time: 2, ageMs: 70 }, nothingMissing);
  log.begin('shut', 1_000, 0);
  log.claim({ time: 1_500, ageMs: 9_000 }, { trueMs: 400, wrong: undefined });
  log.begin('calm', 2_000, 0);
  log.claim({ time: 3_000, ageMs: 9_500 }, nothingMissing);
  log.claim({ time: 7_000, ageMs: 500 }, nothingMissing);
  log.claim({ time: 8_000, ageMs: 1_500 }, nothingMissing);
  const { recoveryMs, calmClaimsMs, skies } = log.end(9_000, 0);
  expect(recoveryMs).toEqual([{ after: 'shut', ms: 5_000 }]);
  expect(calmClaimsMs).toEqual([70, 1_500]);
  expect(skies.shut).toMatchObject({ trueMsMost: 400, claimedMsMost: 9_000 });
});
