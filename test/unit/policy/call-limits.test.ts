import { describe, expect, test } from 'vitest';
import { createByteBudget } from '../../../src/lib/byte-budget.ts';
import { createSlots } from '../../../src/lib/slots.ts';
import { createCallCounts } from '../../../src/policy/call-limits.ts';

describe('calls that are under way', () => {
  const known = (name: string) => ({ kind: 'known', name }) as const;
  const exhausted = expect.objectContaining({ code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_CALLS' });

  test('are limited for each identity, and in all', () => {
    const refused: string[] = [];
    const counts = createCallCounts({ all: 3, perCaller: 2 }, (why) => refused.push(why));
    const [first] = [counts.enter(known('a')), counts.enter(known('a'))];
    expect(() => counts.enter(known('a'))).toThrow(exhausted);
    counts.enter(known('b'));
    expect(() => counts.enter(known('c'))).toThrow(exhausted);
    expect(refused).toEqual(['calls_per_caller', 'calls']);
    first?.();
    first?.();
    counts.enter(known('a'));
    expect(counts.size).toBe(3);
  });

  test('of a machine without identities are limited in all alone', () => {
    const counts = createCallCounts({ all: 3, perCaller: 1 }, () => undefined);
    for (let i = 0; i < 3; i++) counts.enter({ kind: 'local', name: '127.0.0.1' });
    expect(() => counts.enter({ kind: 'local', name: '127.0.0.1' })).toThrow(exhausted);
  });

  test('that need no identity are counted by themselves, by address', () => {
    const counts = createCallCounts({ all: 0, perCaller: 0 }, () => undefined);
    for (let i = 0; i < 256; i++) counts.enter({ kind: 'public', name: '10.0.0.1' });
    expect(() => counts.enter({ kind: 'public', name: '10.0.0.1' })).toThrow(exhausted);
    counts.enter({ kind: 'public', name: '10.0.0.2' })();
    expect(counts.size).toBe(256);
  });
});

describe('a budget of bytes', () => {
  test('gives a holder a quarter at most, all holders the whole, and takes back what is released', () => {
    const budget = createByteBudget(400);
    const claims = ['a', 'a', 'b', 'c', 'd', 'e'].map((holder) => budget.open(holder));
    const taken = claims.map((claim, i) => claim.take(i < 2 ? 50 : 100));
    expect(taken).toEqual([true, true, true, true, true, false]);
    expect(claims[0]?.take(1)).toBe(false);
    claims[1]?.release();
    claims[1]?.release();
    expect(budget.held).toBe(350);
    expect(claims[0]?.take(50)).toBe(true);
    for (const claim of claims) claim.release();
    expect(budget.held).toBe(0);
  });
});

describe('slots', () => {
  test('go to those who wait, in turn, and the line has an end', async () => {
    const slots = createSlots(1, 2);
    const first = await slots.enter();
    const order: string[] = [];
    const wait = (name: string) =>
      slots.enter()?.then((leave) => {
        order.push(name);
        return leave;
      });
    const second = wait('second');
    const third = wait('third');
    expect(slots.enter()).toBeUndefined();
    first?.();
    first?.();
    (await second)?.();
    await third;
    expect(order).toEqual(['second', 'third']);
  });
});
