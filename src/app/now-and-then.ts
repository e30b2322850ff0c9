import { sleep } from '../lib/abort.ts';

export interface NowAndThenDeps {
  /** Looks once; what it throws changes nothing. */
  readonly look: (signal: AbortSignal) => Promise<void>;
  readonly everyMs: number;
  /** Told once, until it works again. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface NowAndThen {
  /** Resolves when it was looked for the first time, with or without success. */
  start(): Promise<void>;
}

/** Looks at something that nobody tells of, at the start and every few minutes, until the signal. */
export function createNowAndThen({ look, everyMs, onError, signal }: NowAndThenDeps): NowAndThen {
  let broken = false;
  const once = async (): Promise<void> => {
    try {
      await look(signal);
      broken = false;
    } catch (error) {
      if (!signal.aborted && !broken) onError(error);
      broken = true;
    }
  };
  const forever = async (): Promise<void> => {
    for (;;) {
      await sleep(everyMs, signal);
      await once();
    }
  };
  return {
    async start() {
      await once();
      // Ends with the signal.
      forever().catch(() => undefined);
    },
  };
}
