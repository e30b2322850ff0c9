import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTooFarOff, type OffsetBounds, offsetInWords, withReading } from '../../../src/lib/clock-offset.ts';

/** What a server answers whose clock ours is ahead of by so much, at that time of ours. */
const reading = (offset: number, sentAt: number, toServer = 3, fromServer = 3) => ({
  sentAt,
  receivedAt: sentAt + toServer + fromServer,
  theirSecond: Math.floor((sentAt + toServer - offset) / 1_000) * 1_000,
});
const readings = (offset: number, times: readonly number[]) =>
  times.reduce<OffsetBounds | undefined>((known, at) => withReading(known, reading(offset, at)), undefined)!;

const t0 = 1_790_000_000_000;
/** A prober's times: every 5.013 s. */
const probes = Array.from({ length: 100 }, (_, i) => t0 + i * 5_013);

describe('the offset of a clock', () => {
  test('is known to a second and the round trip by one answer', () => {
    const { least, most } = withReading(undefined, reading(0, t0 + 400));
    expect([least, most]).toEqual([-600, 406]);
  });

  test.each([-86_400_000, -3_000, -400, 0, 250, 1_999, 7_500])(
    'of %d ms is narrowed by more answers',
    (offset) => {
      const { least, most } = readings(offset, probes);
      expect(least).toBeLessThanOrEqual(offset);
      expect(most).toBeGreaterThanOrEqual(offset);
      expect(most - least).toBeLessThan(500);
    },
  );

  test('lies within its bounds, however long an answer takes, wherever it was held up', () => {
    const trip = fc.nat({ max: 4_000 });
    const answers = fc.array(fc.tuple(fc.nat({ max: 20_000 }), trip, trip), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), answers, (offset, times) => {
        let at = t0;
        let known: OffsetBounds | undefined;
        for (const [pause, there, back] of times) {
          at += pause + there + back;
          known = withReading(known, reading(offset, at, there, back));
          expect(known.least).toBeLessThanOrEqual(offset);
          expect(known.most).toBeGreaterThanOrEqual(offset);
        }
      }),
    );
  });

  test('is another one when a clock was set', () => {
    const before = readings(0, probes);
    const after = withReading(before, reading(5_000, t0 + 600_000));
    expect(after.least).toBeGreaterThan(3_900);
    expect(after.most).toBeLessThan(5_100);
  });

  test('follows a clock that is slewed', () => {
    let known = readings(0, probes);
    for (let i = 1; i <= 2_000; i += 1) {
      const offset = i * 2;
      known = withReading(known, reading(offset, t0 + 600_000 + i * 5_013));
      expect(known.least).toBeLessThanOrEqual(offset);
      expect(known.most).toBeGreaterThanOrEqual(offset);
    }
  });
});

test('too far off is only what is proven to be', () => {
  const bounds = (least: number, most: number) => ({ least, most, at: t0 });
  expect(isTooFarOff(bounds(1_900, 2_900))).toBe(false);
  expect(isTooFarOff(bounds(2_001, 3_001))).toBe(true);
  expect(isTooFarOff(bounds(-2_900, -1_900))).toBe(false);
  expect(isTooFarOff(bounds(-3_001, -2_001))).toBe(true);
  expect(isTooFarOff(bounds(-10_000, 10_000))).toBe(false);
});

test('an offset in words', () => {
  expect(offsetInWords({ least: 4_900, most: 5_100, at: t0 })).toBe('5.0 s (±0.1 s) ahead of');
  expect(offsetInWords({ least: -3_500, most: -2_500, at: t0 })).toBe('3.0 s (±0.5 s) behind');
});
