/** What a run has counted and what it has found wrong. */
export interface Tally {
  count(what: string, more?: number): void;
  /** Something that must not happen. The first ones are kept, all are counted. */
  violation(text: string): void;
  readonly counts: () => Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  /** Both, for people. */
  readonly print: () => string;
}

const kept = 50;

/** `onViolation` is called with each, as it is found. */
export function createTally(onViolation: (text: string) => void = () => undefined): Tally {
  const counts = new Map<string, number>();
  const violations: string[] = [];
  const count = (what: string, more = 1) => void counts.set(what, (counts.get(what) ?? 0) + more);
  const sorted = () => Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b)));
  return {
    count,
    violation(text) {
      count('violations');
      onViolation(text);
      if (violations.length < kept) violations.push(text);
    },
    counts: sorted,
    violations,
    print: () => JSON.stringify({ counts: sorted(), violations }, null, 2),
  };
}
