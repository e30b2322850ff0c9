import { expect, test } from 'vitest';
import { deadlinePassed, judgeTimeout } from '../../../src/rpc/deadline.ts';

test.for([
  ['1S', 'keep'],
  ['0n', 'keep'],
  ['99999999m', 'keep'],
  ['2147483S', 'keep'],
  ['2147484S', 'endless'],
  ['596H', 'keep'],
  ['597H', 'endless'],
  ['99999999H', 'endless'],
  ['999999999S', 'malformed'],
  ['1', 'malformed'],
  ['S', 'malformed'],
  ['1s', 'malformed'],
  [' 1S', 'malformed'],
  ['1S, 2S', 'malformed'],
  ['', 'malformed'],
] as const)('a grpc-timeout of "%s" is %s', ([header, want]) => {
  expect(judgeTimeout(header)).toBe(want);
});

test('a deadline has passed a moment before the clock says so, and no deadline ever has', () => {
  expect(deadlinePassed(1_000, 997)).toBe(false);
  expect(deadlinePassed(1_000, 998)).toBe(true);
  expect(deadlinePassed(new Date(1_000), 1_001)).toBe(true);
  expect(deadlinePassed(Number.POSITIVE_INFINITY, Date.now())).toBe(false);
});
