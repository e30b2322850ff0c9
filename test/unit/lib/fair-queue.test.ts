import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFairQueue } from '../../../src/lib/fair-queue.ts';

test('rows go by turns, and each in the order of arrival', () => {
  const queue = createFairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.add(item[0]!, item);
  expect([queue.size, queue.sizeOf('a'), queue.sizeOf('x')]).toEqual([6, 3, 0]);
  queue.remove('c', 'c1');
  queue.remove('x', 'a1');
  expect(queue.take()).toBe('a1');
  queue.add('d', 'd1');
  const rest = Array.from({ length: queue.size }, () => queue.take());
  expect(rest).toEqual(['b1', 'c2', 'a2', 'd1', 'a3']);
  expect(queue.take()).toBeUndefined();
});

test('all at once, and then none', () => {
  const queue = createFairQueue<number>();
  queue.add('a', 1);
  queue.add('b', 2);
  queue.add('a', 3);
  expect(queue.takeAll()).toEqual([1, 3, 2]);
  expect([queue.size, queue.sizeOf('a'), queue.take()]).toEqual([0, 0, undefined]);
});

test('who waits is served after each of the other rows was served once at most, whatever comes and goes', () => {
  const step = fc.record({ row: fc.constantFrom('a', 'b', 'c'), act: fc.constantFrom('add', 'add', 'take') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = createFairQueue<{ row: string; id: number }>();
      const waiting: { row: string; id: number }[] = [];
      /** Rows that were served since the first of each row came to wait. */
      const served = new Map<string, string[]>();
      for (const [id, { row, act }] of steps.entries()) {
        if (act === 'add') {
          const item = { row, id };
          queue.add(row, item);
          waiting.push(item);
          if (!served.has(row)) served.set(row, []);
        } else {
          const item = queue.take();
          expect(item === undefined).toBe(waiting.length === 0);
          if (item === undefined) continue;
          expect(item).toBe(waiting.find((other) => other.row === item.row));
          waiting.splice(waiting.indexOf(item), 1);
          for (const rows of served.values()) rows.push(item.row);
          const others = served.get(item.row)!.slice(0, -1);
          expect(new Set(others).size).toBe(others.length);
          served.delete(item.row);
          if (waiting.some((other) => other.row === item.row)) served.set(item.row, []);
        }
        expect(queue.size).toBe(waiting.length);
      }
    }),
  );
});
