import { ExecutorError } from '../../src/step/errors.ts';

/** One parser, and what must hold of all that it is given. */
export interface Target {
  readonly name: string;
  /** What it takes, to begin from. */
  readonly samples: readonly string[];
  /** Words of its grammar. */
  readonly words?: readonly string[];
  /** How many inputs it gets for one of the others; 1 by default. */
  readonly weight?: number;
  /** True when the input is taken. Throws where a law is broken: then what it threw says which. */
  readonly run: (input: string) => boolean | Promise<boolean>;
}

/** A law, in the words of a report. */
export function law(holds: boolean, words: string): asserts holds {
  if (!holds) throw new Error(words);
}

/** What the work returns, or undefined where it refuses as it may: with an error of ours that blames the caller. */
export function accepted<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

export const isRefusal = (error: unknown): boolean =>
  error instanceof ExecutorError && !['INTERNAL', 'UNAVAILABLE'].includes(error.code);

// biome-ignore lint/suspicious/noControlCharactersInRegex: this is the check for them.
const control = /[\u0000-\u001f\u007f-\u009f]/;

/** No text that is told may have control characters, which a terminal or a log would obey. */
export const isPlainText = (text: string): boolean => !control.test(text);

/** Words about what is wrong, which quote what came: plain, and no longer than a person reads. */
export function plainWords(words: readonly string[]): void {
  for (const word of words) law(word.length <= 2_000, `words of ${word.length} characters`);
}
