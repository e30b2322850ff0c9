/** A stream to a person or a program. */
export interface Sink {
  readonly write: (text: string) => void;
  /** Resolves when what was written is on its way, so that nothing piles up behind a slow reader; rejects when the signal aborts. */
  readonly drained: (signal: AbortSignal) => Promise<void>;
  readonly isTTY: boolean;
  /** Columns of the terminal; undefined when it is none. */
  readonly columns: number | undefined;
  /** Its rows; undefined when it is none. */
  readonly rows: number | undefined;
}

/** All that `glip` touches outside of itself; the process in main.ts, something simpler in a test. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Text of a file; throws when it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly readStdin: () => Promise<string>;
  /** Calls the listener at each SIGINT and SIGTERM instead of ending the process; returns the way back. */
  readonly onInterrupt: (listener: () => void) => () => void;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly newRunId: () => string;
}

/** Columns for text that is wrapped: the terminal's, or 80. */
export function textWidth({ columns }: Sink): number {
  return Math.max(40, columns ?? 80);
}

/** Colours are for people at a terminal who did not refuse them (no-color.org). */
export function wantsColour(sink: Sink, env: Io['env']): boolean {
  return sink.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
}
