import { expect, test } from 'vitest';
import type { LogEvent } from '../../../src/logs/events.ts';
import { createByteLimit } from '../../../src/rpc/limit-bytes.ts';

const time = { seconds: 1, nanos: 0 };
const lines = (...texts: readonly string[]): LogEvent => ({
  kind: 'lines',
  lines: texts.map((text) => ({ time, text, truncated: false })),
  position: undefined,
});
const told = (event: LogEvent) =>
  event.kind === 'lines' ? event.lines.map(({ text, truncated }) => [text, truncated]) : [];

test('text is cut where the bytes are used up, and what follows is left out', () => {
  const limit = createByteLimit(5);
  expect(told(limit.take(lines('abc')))).toEqual([['abc', false]]);
  expect(limit.isUsedUp).toBe(false);
  expect(told(limit.take(lines('def', 'ghi')))).toEqual([['de', true]]);
  expect(limit.isUsedUp).toBe(true);
});

test('a line that fits exactly is whole, and a character is not cut in half', () => {
  const exact = createByteLimit(3);
  expect(told(exact.take(lines('abc')))).toEqual([['abc', false]]);
  expect(exact.isUsedUp).toBe(true);
  expect(told(createByteLimit(2).take(lines('aö')))).toEqual([['a', true]]);
  expect(told(createByteLimit(3).take(lines('öö')))).toEqual([['ö', true]]);
});

test('without a limit everything passes, and nothing but text counts', () => {
  const none = createByteLimit(Number.POSITIVE_INFINITY);
  const event = lines('abc');
  expect(none.take(event)).toBe(event);
  const limit = createByteLimit(1);
  const quiet: LogEvent = { kind: 'quiet', position: undefined };
  expect(limit.take(quiet)).toBe(quiet);
  expect(limit.isUsedUp).toBe(false);
});

test('a cursor stands behind the last line that was told, not behind those that had no room', () => {
  const start = { pod: 'uid', container: 'agent' };
  const at = (seconds: number, ordinal: number) => ({
    ...start,
    line: { time: { seconds, nanos: 0 }, ordinal },
  });
  const limit = createByteLimit(5);
  limit.take({
    kind: 'source',
    pod: { namespace: 'n', name: 'p', uid: 'uid' },
    container: 'agent',
    position: start,
  });
  const whole = limit.take({ ...lines('abc'), position: at(1, 1) });
  expect(whole.position).toEqual(at(1, 1));
  const cutOff = limit.take({ ...lines('def', 'ghi', 'jkl'), position: at(1, 4) });
  expect(told(cutOff)).toEqual([['de', true]]);
  expect(cutOff.position).toEqual(at(1, 2));
});
