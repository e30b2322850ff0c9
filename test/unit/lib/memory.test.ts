import { expect, test } from 'vitest';
import { createMemory } from '../../../src/lib/memory.ts';

test('what is known is forgotten in time, and the oldest when there is too much', () => {
  let now = 0;
  const memory = createMemory<number>({ most: 2, ttlMs: 10, now: () => now });
  memory.set('a', 1);
  memory.set('b', 2, 100);
  expect([memory.get('a'), memory.get('b')]).toEqual([1, 2]);
  now = 10;
  expect([memory.get('a'), memory.get('b')]).toEqual([undefined, 2]);
  memory.set('a', 3);
  memory.set('c', 4);
  expect([memory.get('a'), memory.get('b'), memory.get('c')]).toEqual([3, undefined, 4]);
  memory.delete('c');
  memory.set('a', 5, 0);
  expect([memory.get('a'), memory.get('c')]).toEqual([undefined, undefined]);
});
