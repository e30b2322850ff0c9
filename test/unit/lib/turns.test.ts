import { expect, test } from 'vitest';
import { createTurns } from '../../../src/lib/turns.ts';

function start(atOnce = 2) {
  const abort = new AbortController();
  const turns = createTurns({ signal: abort.signal, atOnce });
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  const run = (name: string, of?: string) =>
    turns.run(() => {
      begun.push(name);
      const end = Promise.withResolvers<string>();
      ends.set(name, end);
      return end.promise;
    }, of);
  return { turns, abort, begun, run, end: (name: string) => ends.get(name)! };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('so many run at once, the others in the order in which they came', async () => {
  const { turns, begun, run, end } = start();
  const all = ['a', 'b', 'c', 'd'].map((name) => run(name));
  expect(begun).toEqual(['a', 'b']);
  expect(turns.waiting).toBe(2);
  end('b').resolve('B');
  expect(await all[1]).toBe('B');
  await settle();
  expect(begun).toEqual(['a', 'b', 'c']);
  end('a').resolve('A');
  end('c').resolve('C');
  await settle();
  end('d').resolve('D');
  expect(await Promise.all(all)).toEqual(['A', 'B', 'C', 'D']);
});

test('who wants many turns does not hold up who wants one', async () => {
  const { begun, run, end } = start(1);
  for (const name of ['a1', 'a2', 'a3', 'a4']) void run(name, 'many');
  void run('b1', 'one');
  for (const name of ['a1', 'a2']) {
    end(name).resolve('');
    await settle();
  }
  expect(begun).toEqual(['a1', 'a2', 'b1']);
});

test('one that fails takes its turn with it', async () => {
  const { begun, run, end } = start(1);
  const first = run('a');
  const second = run('b');
  end('a').reject(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await settle();
  expect(begun).toEqual(['a', 'b']);
  end('b').resolve('B');
  expect(await second).toBe('B');
  const third = run('c');
  expect(begun).toEqual(['a', 'b', 'c']);
  end('c').resolve('C');
  expect(await third).toBe('C');
});

test('who waits when it is over is told so, and nothing begins any more', async () => {
  const { turns, abort, begun, run } = start(1);
  void run('a');
  const waiting = run('b');
  abort.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  await expect(run('c')).rejects.toThrow('stopped');
  expect(begun).toEqual(['a']);
  expect(turns.waiting).toBe(0);
});
