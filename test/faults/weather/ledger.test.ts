import { expect, test } from 'vitest';
import { createLedger } from './ledger.ts';

test('a claim is true when everything older than its age was seen', () => {
  const ledger = createLedger();
  ledger.wrote(1, 1_000);
  ledger.wrote(2, 2_000);
  expect(ledger.judge({ time: 3_000, ageMs: 2_000 })).toEqual({ trueMs: 2_000, wrong: undefined });
  expect(ledger.judge({ time: 3_000, ageMs: Number.POSITIVE_INFINITY }).wrong).toBeUndefined();
  ledger.saw(1);
  expect(ledger.judge({ time: 3_000, ageMs: 1_000 })).toEqual({ trueMs: 1_000, wrong: undefined });
  ledger.saw(2);
  expect(ledger.judge({ time: 3_000, ageMs: 0 })).toEqual({ trueMs: 0, wrong: undefined });
});

test('a claim that is too young is found', () => {
  const ledger = createLedger();
  ledger.wrote(1, 1_000);
  expect(ledger.judge({ time: 3_000, ageMs: 1_999 }).wrong).toBe(
    'claims 1999 ms, and lacks write 1 of 2000 ms ago',
  );
});

test('a write that came after the claim counts for nothing, and one that was seen before its answer neither', () => {
  const ledger = createLedger();
  ledger.wrote(1, 5_000);
  expect(ledger.judge({ time: 4_000, ageMs: 0 }).wrong).toBeUndefined();
  ledger.saw(2);
  ledger.wrote(2, 6_000);
  expect(ledger.judge({ time: 9_000, ageMs: 0 })).toEqual({ trueMs: 0, wrong: undefined });
});

test('a view that goes back is found', () => {
  const ledger = createLedger();
  expect(ledger.saw(3)).toBeUndefined();
  expect(ledger.saw(3)).toBeUndefined();
  expect(ledger.saw(2)).toBe('the view went back from 3 to 2');
});
