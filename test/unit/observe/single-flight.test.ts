import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTurns } from '../../../src/lib/turns.ts';
import { createSingleFlight } from '../../../src/observe/single-flight.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function start() {
  const abort = new AbortController();
  const onError = vi.fn();
  return { abort, onError, flights: createSingleFlight({ signal: abort.signal, onError }) };
}

describe('one piece of work per id', () => {
  test('a call in the meantime starts nothing, and has the first one look once more', async () => {
    const { flights } = start();
    const { promise, resolve } = Promise.withResolvers<'done'>();
    const first = vi.fn(() => promise);
    const second = vi.fn(async () => 'done' as const);
    flights.run('a', first);
    flights.run('a', second);
    flights.run('b', second);
    expect(flights.size).toBe(2);
    resolve('done');
    await vi.advanceTimersByTimeAsync(0);
    expect(first).toHaveBeenCalledTimes(2);
    expect(second).toHaveBeenCalledOnce();
    expect(flights.size).toBe(0);
    flights.run('a', second);
    expect(second).toHaveBeenCalledTimes(2);
  });

  test('owners take their turns one after the other', async () => {
    const { signal } = new AbortController();
    const begun: string[] = [];
    const flights = createSingleFlight({
      signal,
      onError: () => undefined,
      turns: createTurns({ signal, atOnce: 1 }),
      ownerOf: ([owner]) => owner,
    });
    for (const id of ['a1', 'a2', 'a3', 'b1'])
      flights.run(id, async () => {
        begun.push(id);
        return 'done';
      });
    await vi.advanceTimersByTimeAsync(0);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  });

  test('a call is never lost between the end of the work and its being known', async () => {
    const { flights } = start();
    let wanted = 0;
    let answered = 0;
    const want = () => {
      wanted++;
      flights.run('a', async () => {
        answered = wanted;
        return 'done';
      });
    };
    want();
    // In each of the turns in which the work may be at its end.
    for (let turn = 0; turn < 10; turn++) {
      await Promise.resolve();
      want();
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(answered).toBe(wanted);
    expect(flights.size).toBe(0);
  });

  test('it is tried again, less and less often, until it is done', async () => {
    const { flights, onError } = start();
    const times: number[] = [];
    flights.run('a', async () => {
      times.push(Date.now());
      if (times.length === 12) return 'done';
      if (times.length % 2 === 0) throw new Error('no');
      return 'again';
    });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(times).toHaveLength(12);
    const gaps = times.slice(1).map((t, i) => t - times[i]!);
    for (const [i, gap] of gaps.entries()) {
      const ceiling = Math.min(30_000, 100 * 2 ** i);
      expect(gap).toBeGreaterThanOrEqual(ceiling / 2 - 1);
      expect(gap).toBeLessThanOrEqual(ceiling * 1.5 + 1);
    }
    expect(onError).toHaveBeenCalledTimes(5);
    expect(onError).toHaveBeenCalledWith(new Error('no'), 'a');
    expect(flights.size).toBe(0);
  });

  test('an abort ends the waiting and says nothing', async () => {
    const { flights, abort, onError } = start();
    flights.run('a', async () => 'again');
    await vi.advanceTimersByTimeAsync(0);
    abort.abort(new Error('stopped'));
    await vi.advanceTimersByTimeAsync(0);
    expect(flights.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(onError).not.toHaveBeenCalled();
  });

  test('what fails because of the abort is no error', async () => {
    const { flights, abort, onError } = start();
    const { promise, reject } = Promise.withResolvers<'done'>();
    flights.run('a', () => promise);
    abort.abort(new Error('stopped'));
    reject(new Error('aborted'));
    await vi.advanceTimersByTimeAsync(0);
    expect(onError).not.toHaveBeenCalled();
    expect(flights.size).toBe(0);
  });

  test('nothing starts after the abort', () => {
    const { flights, abort } = start();
    abort.abort();
    const attempt = vi.fn(async () => 'done' as const);
    flights.run('a', attempt);
    expect(attempt).not.toHaveBeenCalled();
    expect(flights.size).toBe(0);
  });
});
