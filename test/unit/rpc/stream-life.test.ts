import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { streamLife } from '../../../src/rpc/stream-life.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function start(maxAgeMs = 0, random = 0) {
  const [call, draining] = [new AbortController(), new AbortController()];
  const life = streamLife({ signal: call.signal, draining: draining.signal }, maxAgeMs, () => random);
  return { call, draining, life };
}

describe('the life of a stream', () => {
  test('has no end by itself', () => {
    const { life } = start();
    vi.advanceTimersByTime(1e9);
    expect(life.signal.aborted).toBe(false);
  });

  test.each([
    [0, 1_000],
    [0.5, 900],
    [1, 800],
  ])('of those that began together, some end sooner (%d)', (random, ms) => {
    const { life } = start(1_000, random);
    vi.advanceTimersByTime(ms - 1);
    expect(life.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(life.reason()).toBe('MAXIMUM_AGE');
    expect(life.signal.aborted).toBe(true);
  });

  test('ends when the executor drains, also one that drains already', () => {
    const { draining, life } = start();
    expect(life.reason()).toBeUndefined();
    draining.abort();
    expect(life.reason()).toBe('DRAINING');
    expect(streamLife({ signal: new AbortController().signal, draining: draining.signal }, 0).reason()).toBe(
      'DRAINING',
    );
  });

  test('says no reason to a caller that has gone, whatever comes then', () => {
    const { call, draining, life } = start(1_000);
    call.abort();
    draining.abort();
    vi.advanceTimersByTime(2_000);
    expect(life.signal.aborted).toBe(true);
    expect(life.reason()).toBeUndefined();
  });

  test('leaves nothing behind', () => {
    const { draining, life } = start(1_000);
    life.clear();
    expect(vi.getTimerCount()).toBe(0);
    draining.abort();
    expect(life.signal.aborted).toBe(false);
  });
});
