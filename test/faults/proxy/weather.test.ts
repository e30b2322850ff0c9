import { describe, expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { drawFault } from './fault.ts';
import { drawWeather, type SkyName, skies } from './weather.ts';

const climate = { totalMs: 600_000, calmMs: [5_000, 20_000], badMs: [5_000, 25_000] } as const;

describe('weather', () => {
  test('the same seed makes the same weather', () => {
    const draw = (seed: number) => drawWeather(createRandom(seed), climate);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('calm and bad take turns, calm at both ends, until the time is used up', () => {
    const phases = drawWeather(createRandom(5), climate);
    expect(phases.map(({ name }) => name === 'calm')).toEqual(phases.map((_, i) => i % 2 === 0));
    expect(phases.at(-1)?.name).toBe('calm');
    const total = phases.reduce((sum, { ms }) => sum + ms, 0);
    expect(total).toBeGreaterThanOrEqual(climate.totalMs);
    expect(total).toBeLessThan(climate.totalMs + 45_000);
  });

  test('every kind has its turn before one comes again', () => {
    const bad = drawWeather(createRandom(6), climate).filter(({ name }) => name !== 'calm');
    const kinds = Object.keys(skies).length - 1;
    for (let i = 0; i + kinds <= bad.length; i += kinds)
      expect(new Set(bad.slice(i, i + kinds).map(({ name }) => name)).size).toBe(kinds);
    expect(bad.length).toBeGreaterThan(kinds);
  });

  test('under a clear sky nothing goes wrong, in a storm about every second call does', () => {
    const random = createRandom(7);
    const share = (name: SkyName) =>
      Array.from({ length: 1_000 }, () => drawFault(random, skies[name].calls, 10)).filter(
        ({ kind }) => kind !== 'none',
      ).length / 1_000;
    expect(share('calm')).toBe(0);
    expect(share('storm')).toBeGreaterThan(0.4);
    expect(share('storm')).toBeLessThan(0.6);
    expect(share('throttled')).toBe(1);
  });
});
