import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDueTimes } from '../../../src/observe/due-times.ts';

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

function start() {
  const abort = new AbortController();
  const due: string[] = [];
  const times = createDueTimes({ now: Date.now, signal: abort.signal, onDue: (id) => due.push(id) });
  return { abort, due, times };
}

test('a time is due when it has come, once', () => {
  const { due, times } = start();
  times.set('a', 1_000);
  vi.advanceTimersByTime(999);
  expect(due).toEqual([]);
  vi.advanceTimersByTime(1_000_000);
  expect(due).toEqual(['a']);
  expect(times.size).toBe(0);
});

test('a time that is over is due at once', () => {
  const { due, times } = start();
  times.set('a', -5);
  vi.advanceTimersByTime(0);
  expect(due).toEqual(['a']);
});

test('another time takes its place, and none takes it back', () => {
  const { due, times } = start();
  times.set('a', 1_000);
  times.set('a', 2_000);
  times.set('b', 500);
  times.set('b', undefined);
  vi.advanceTimersByTime(1_999);
  expect(due).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(due).toEqual(['a']);
});

test('a time in years comes in parts, and not at once', () => {
  const { due, times } = start();
  const year = 365 * 86_400_000;
  times.set('a', year);
  vi.advanceTimersByTime(year - 1);
  expect(due).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(due).toEqual(['a']);
});

test('nothing is due after the stop', () => {
  const { abort, due, times } = start();
  times.set('a', 1_000);
  abort.abort();
  times.set('b', 1_000);
  vi.advanceTimersByTime(10_000);
  expect(due).toEqual([]);
  expect(times.size).toBe(0);
});
