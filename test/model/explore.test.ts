import { describe, expect, test } from 'vitest';
import { behind, explore, type Model } from './explore.ts';
import { walk } from './walk.ts';

/** Counts up by one or two, to a top, where it rests. */
const counter = (top: number, laws: Partial<Model<number>> = {}): Model<number> => ({
  initial: 0,
  *actions(n) {
    for (const by of [1, 2]) if (n + by <= top) yield { label: `+${by}`, next: n + by };
  },
  key: String,
  check: () => undefined,
  checkAtRest: () => undefined,
  ...laws,
});

describe('exploring', () => {
  test('sees each state once, by every way', () => {
    expect(explore(counter(10))).toMatchObject({ states: 11, transitions: 19, depth: 5, complete: true });
  });

  test('tells the shortest way to what is wrong', () => {
    const check = (_: number, n: number) => (n === 5 ? 'five' : undefined);
    const { complete, violation } = explore(counter(10, { check }));
    expect(complete).toBe(false);
    expect(violation).toEqual({ law: 'five', trace: ['+1', '+2', '+2'] });
  });

  test('judges what has come to rest, and nothing else', () => {
    const rested: number[] = [];
    explore(counter(4, { checkAtRest: (n) => void rested.push(n) }));
    expect(rested).toEqual([4]);
    expect(explore(counter(4, { checkAtRest: () => 'asleep' })).violation).toEqual({
      law: 'asleep',
      trace: ['+2', '+2'],
    });
  });

  test('has come to rest where nothing has to happen', () => {
    const idle = counter(1, {
      *actions(n) {
        if (n === 0) yield { label: 'may', next: 1, optional: true };
      },
      checkAtRest: (n) => (n === 0 ? 'asleep' : undefined),
    });
    expect(explore(idle).violation).toEqual({ law: 'asleep', trace: [] });
  });

  test('finds what goes round for ever, and so is never at rest', () => {
    const round = counter(3, {
      *actions(n) {
        yield { label: 'on', next: n === 3 ? 2 : n + 1 };
      },
    });
    expect(explore(round).violation).toEqual({
      law: 'every life comes to rest: this one goes round',
      trace: ['on', 'on'],
    });
  });

  test('lets people go round', () => {
    const light = counter(1, {
      *actions(n) {
        yield { label: 'switch', next: 1 - n, optional: true };
      },
    });
    expect(explore(light)).toMatchObject({ states: 2, complete: true });
  });

  test('may begin behind a trace', () => {
    expect(explore(behind(counter(10), ['+2', '+2', '+1'])).states).toBe(6);
    expect(() => behind(counter(3), ['+2', '+2'])).toThrow('cannot happen now: +2');
  });

  test('says when it has not seen all', () => {
    expect(explore(counter(10), { states: 5 })).toMatchObject({ states: 5, complete: false });
    expect(explore(counter(10), { depth: 3 })).toMatchObject({ depth: 3, complete: false });
  });
});

describe('walking', () => {
  test('goes to the end of each life', () => {
    const rested: number[] = [];
    const walked = walk(counter(10, { checkAtRest: (n) => void rested.push(n) }), 7, 1);
    expect(walked).toMatchObject({ walks: 7 });
    expect(walked).not.toHaveProperty('violation');
    expect(rested).toEqual(Array.from({ length: 7 }, () => 10));
  });

  test('tells what is wrong without what it does not need', () => {
    const noisy: Model<readonly [number, number]> = {
      initial: [0, 0],
      *actions([a, b]) {
        if (a < 2) yield { label: 'a', next: [a + 1, b] };
        if (b < 20) yield { label: 'b', next: [a, b + 1] };
      },
      key: String,
      check: (_, [a]) => (a === 2 ? 'two' : undefined),
      checkAtRest: () => undefined,
    };
    const { violation } = walk(noisy, 10, 1);
    expect(violation).toEqual({ law: 'two', trace: ['a', 'a'] });
  });

  test('finds a life that does not end', () => {
    const endless = counter(1, {
      *actions(n) {
        yield { label: 'on', next: n + 1 };
      },
    });
    expect(walk(endless, 1, 1).violation?.law).toBe('every life comes to rest: this one does not');
  });

  test('is the same for the same seed', () => {
    expect(walk(counter(30), 20, 5)).toEqual(walk(counter(30), 20, 5));
  });
});
