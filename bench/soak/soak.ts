/** A long proof, run by hand. */
export interface Soak<Result extends SoakResult = SoakResult> {
  /** For the help. */
  readonly what: string;
  readonly run: (options: SoakOptions) => Promise<Result>;
}

export interface SoakOptions {
  readonly seed: number;
  /** Small counts: proves that it works, and is no result. */
  readonly quick: boolean;
  /** Instead of the full count. */
  readonly steps: number | undefined;
  readonly minutes: number | undefined;
}

export interface SoakResult {
  readonly seed: number;
  /** What must not happen and did; the first fifty. */
  readonly violations: readonly string[];
}
