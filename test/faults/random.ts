/** Chance that can be repeated: the same seed draws the same. */
export interface Random {
  /** From 0 up to 1, without it. */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  pick<T>(from: readonly T[]): T;
  /** One of the names, by their weights; a weight of 0 is never drawn. */
  weighted<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name;
  shuffled<T>(of: readonly T[]): readonly T[];
  /** Chance of its own, which this one's later draws do not move: for what happens at the same time. */
  fork(): Random;
}

/** Mulberry32: 32 bits of state, even enough to choose faults with. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    between,
    pick(from) {
      if (from.length === 0) throw new Error('there is nothing to pick from');
      return from[between(0, from.length - 1)]!;
    },
    weighted<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name {
      const names = (Object.keys(weights) as Name[]).filter((name) => (weights[name] ?? 0) > 0);
      let left = next() * names.reduce((sum, name) => sum + (weights[name] ?? 0), 0);
      for (const name of names) {
        left -= weights[name] ?? 0;
        if (left < 0) return name;
      }
      const last = names.at(-1);
      if (last === undefined) throw new Error('all weights are 0');
      return last;
    },
    shuffled(of) {
      const out = [...of];
      for (let i = out.length - 1; i > 0; i--) {
        const j = between(0, i);
        [out[i], out[j]] = [out[j]!, out[i]!];
      }
      return out;
    },
    fork: () => createRandom(between(0, 2 ** 32 - 1)),
  };
}

/** The seed of a run: as given, else one of its own. It is printed, so that a run can be repeated. */
export const seedFrom = (text: string | undefined): number =>
  text === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(text) >>> 0;
