import { describe, expect, test } from 'vitest';
import { createRandom, seedFrom } from './random.ts';

describe('random', () => {
  test('draws the same from the same seed, and something else from another', () => {
    const draw = (seed: number) => Array.from({ length: 20 }, createRandom(seed).next);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    for (const value of draw(7)) expect(value).toBeGreaterThanOrEqual(0);
    for (const value of draw(7)) expect(value).toBeLessThan(1);
  });

  test('between takes in both ends', () => {
    const random = createRandom(1);
    const drawn = new Set(Array.from({ length: 200 }, () => random.between(3, 5)));
    expect([...drawn].sort()).toEqual([3, 4, 5]);
  });

  test('draws by weight, and never what weighs nothing', () => {
    const random = createRandom(2);
    const drawn = Array.from({ length: 4_000 }, () => random.weighted({ often: 3, seldom: 1, never: 0 }));
    const often = drawn.filter((name) => name === 'often').length / drawn.length;
    expect(often).toBeGreaterThan(0.7);
    expect(often).toBeLessThan(0.8);
    expect(new Set(drawn)).toEqual(new Set(['often', 'seldom']));
    expect(() => random.weighted({ never: 0 })).toThrow('all weights are 0');
  });

  test('shuffles without losing anything, and leaves the original alone', () => {
    const cards = [1, 2, 3, 4, 5, 6, 7, 8];
    const shuffled = createRandom(3).shuffled(cards);
    expect(shuffled).not.toEqual(cards);
    expect([...shuffled].sort()).toEqual(cards);
    expect(cards).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('a fork is not moved by later draws of its parent', () => {
    const [one, other] = [createRandom(4), createRandom(4)];
    const [fork, same] = [one.fork(), other.fork()];
    one.next();
    expect(fork.next()).toBe(same.next());
  });

  test('a seed that is given is taken, and none is drawn', () => {
    expect(seedFrom('12')).toBe(12);
    expect(seedFrom(undefined)).toBeLessThan(2 ** 32);
  });
});
