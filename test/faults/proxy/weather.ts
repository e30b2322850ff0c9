import type { Random } from '../random.ts';
import type { CallFault, WatchFault, Weights } from './fault.ts';
import type { FrontMode } from './front.ts';

/** What one stretch of time does to the exchanges that fall into it. */
export interface Sky {
  readonly front: FrontMode;
  /** Begins with a reset of every open connection. */
  readonly cut: boolean;
  readonly calls: Weights<CallFault>;
  readonly watches: Weights<WatchFault>;
  /** Bound of delays, and of the time until a watch is broken. */
  readonly maxMs: number;
}

export type SkyName =
  | 'calm'
  | 'rain'
  | 'storm'
  | 'silent'
  | 'shut'
  | 'throttled'
  | 'failing'
  | 'expired'
  | 'stuck';

const clear: Sky = {
  front: 'open',
  cut: false,
  calls: { none: 1 },
  watches: { none: 1 },
  maxMs: 1_000,
};

/** The kinds of weather, each the name of what goes wrong in it. */
export const skies: Readonly<Record<SkyName, Sky>> = {
  calm: clear,
  /** One call in eight and every second watch goes wrong, each in another way. */
  rain: {
    ...clear,
    calls: {
      none: 84,
      delay: 4,
      reset: 1,
      'lose-answer': 2,
      stall: 1,
      'stall-answer': 1,
      throttled: 1,
      'error-500': 1,
      unavailable: 1,
      half: 1,
      'half-closed': 1,
      garbage: 1,
      expired: 1,
    },
    watches: {
      none: 40,
      slow: 10,
      reset: 5,
      throttled: 5,
      'later-reset': 6,
      'later-closed': 6,
      'later-stall': 4,
      'later-expired': 6,
      'later-half': 6,
      'later-half-closed': 6,
      'later-garbage': 6,
    },
    maxMs: 2_000,
  },
  /** Half of everything goes wrong, and what is open is cut. */
  storm: {
    ...clear,
    cut: true,
    calls: {
      none: 50,
      delay: 10,
      reset: 8,
      'lose-answer': 12,
      throttled: 4,
      'error-500': 4,
      unavailable: 4,
      half: 4,
      'half-closed': 2,
      garbage: 2,
    },
    watches: {
      none: 10,
      reset: 10,
      stall: 2,
      expired: 10,
      'error-500': 8,
      'later-reset': 15,
      'later-closed': 10,
      'later-expired': 10,
      'later-half': 10,
      'later-half-closed': 5,
      'later-garbage': 10,
    },
    maxMs: 1_500,
  },
  /** Accepts everything and says nothing, also in the middle of what was being said. */
  silent: { ...clear, front: 'silent' },
  /** Nobody listens. */
  shut: { ...clear, front: 'shut', cut: true },
  throttled: { ...clear, cut: true, calls: { throttled: 1 }, watches: { throttled: 1 } },
  failing: {
    ...clear,
    cut: true,
    calls: { 'error-500': 2, unavailable: 1 },
    watches: { 'error-500': 2, unavailable: 1 },
  },
  /** Calls work, and no watch has a version that the server still knows. */
  expired: { ...clear, cut: true, calls: { none: 1 }, watches: { expired: 1, 'later-expired': 1 } },
  /** Calls work, and every watch goes silent: only somebody who asks can know that the view is old. */
  stuck: { ...clear, cut: true, calls: { none: 1 }, watches: { 'later-stall': 1 }, maxMs: 200 },
};

/** A stretch of time under one sky. */
export interface Phase {
  readonly name: SkyName;
  readonly ms: number;
}

/** Bounds of the phases' lengths. */
export interface Climate {
  readonly totalMs: number;
  readonly calmMs: readonly [min: number, max: number];
  readonly badMs: readonly [min: number, max: number];
}

/**
 * Calm and bad weather in turns, until the time is used up; calm at both ends. Bad weather comes like cards of a deck, so that each kind
 * has its turn before one comes again.
 */
export function drawWeather(random: Random, { totalMs, calmMs, badMs }: Climate): readonly Phase[] {
  const kinds = (Object.keys(skies) as SkyName[]).filter((name) => name !== 'calm');
  const phases: Phase[] = [{ name: 'calm', ms: random.between(...calmMs) }];
  let used = phases[0]?.ms ?? 0;
  let deck: SkyName[] = [];
  while (used < totalMs) {
    if (deck.length === 0) deck = [...random.shuffled(kinds)];
    const name = deck.pop() ?? 'rain';
    const pair: Phase[] = [
      { name, ms: random.between(...badMs) },
      { name: 'calm', ms: random.between(...calmMs) },
    ];
    for (const phase of pair) {
      phases.push(phase);
      used += phase.ms;
    }
  }
  return phases;
}
