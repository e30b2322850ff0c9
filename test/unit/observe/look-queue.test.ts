import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLookQueue } from '../../../src/observe/look-queue.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function start(takesMs = 0) {
  const abort = new AbortController();
  const looked: string[] = [];
  let running = 0;
  let most = 0;
  const look = async (id: string) => {
    looked.push(id);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, takesMs));
    running -= 1;
  };
  const queue = createLookQueue({ look, signal: abort.signal, perSecond: 10, atOnce: 2 });
  return { queue, looked, abort, most: () => most };
}
const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1_000);

test('ten thousand that ask at once are looked at one by one, so many in a second', async () => {
  const { queue, looked } = start();
  for (let i = 0; i < 10_000; i++) queue.add(`step-${i}`, 0);
  expect(looked).toEqual(['step-0']);
  await seconds(9.95);
  expect(looked.length).toBe(100);
  expect(looked.slice(0, 3)).toEqual(['step-0', 'step-1', 'step-2']);
  expect(queue.size).toBe(9_900);
});

test('while the API server is slow, only so many are under way', async () => {
  const { queue, looked, most } = start(60_000);
  for (let i = 0; i < 10; i++) queue.add(`step-${i}`, 0);
  await seconds(59);
  expect(looked.length).toBe(2);
  await seconds(400);
  expect(most()).toBe(2);
  expect(looked.length).toBe(10);
});

test('rows go in their order, and within a row who came first', async () => {
  const { queue, looked } = start();
  queue.add('now', 2);
  for (const [id, row] of [
    ['c', 2],
    ['b1', 1],
    ['a', 0],
    ['b2', 1],
  ] as const)
    queue.add(id, row);
  await seconds(1);
  expect(looked).toEqual(['now', 'a', 'b1', 'b2', 'c']);
});

test('an id waits once, in the row that it was put in last; one that is taken out is not looked at', async () => {
  const { queue, looked } = start();
  queue.add('now', 0);
  queue.add('a', 2);
  queue.add('b', 1);
  queue.add('a', 0);
  queue.add('gone', 0);
  queue.remove('gone');
  expect(queue.size).toBe(2);
  await seconds(1);
  expect(looked).toEqual(['now', 'a', 'b']);
});

test('nothing is looked at after the end', async () => {
  const { queue, looked, abort } = start();
  queue.add('a', 0);
  queue.add('b', 0);
  abort.abort();
  queue.add('c', 0);
  await seconds(10);
  expect(looked).toEqual(['a']);
  expect(vi.getTimerCount()).toBe(0);
});
