import { createFairQueue } from './fair-queue.ts';

export interface TurnsDeps {
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** Most pieces of work that are under way. Half of the writes that the API server gets at most (`kube/write-limiter`). */
  readonly atOnce?: number;
}

export interface Turns {
  /**
   * Runs it when there is room: by turns of those for whom work waits, such as tenants, and in the order of the calls for each. Who has a turn
   * must not ask for another one.
   */
  run<T>(work: () => Promise<T>, of?: string): Promise<T>;
  readonly waiting: number;
}

/**
 * Rations calls that thousands of steps want at the same moment, as when all of them end: what waits here has no time limit yet, fills no
 * queue of the transport, and is looked at again when its turn has come. To be asked by single flights, so that no more wait than there
 * are steps.
 */
export function createTurns({ signal, atOnce = 16 }: TurnsDeps): Turns {
  const waiting = createFairQueue<PromiseWithResolvers<void>>();
  let running = 0;
  signal.addEventListener('abort', () => {
    for (const turn of waiting.takeAll()) turn.reject(signal.reason);
  });

  /** Undefined when there is room. */
  const wait = (of: string): Promise<void> | undefined => {
    if (running < atOnce) {
      running += 1;
      return undefined;
    }
    const turn = Promise.withResolvers<void>();
    waiting.add(of, turn);
    return turn.promise;
  };
  // A turn goes on to who waits, without being free in between.
  const pass = (): void => {
    const turn = waiting.take();
    if (turn === undefined) running -= 1;
    else turn.resolve();
  };

  return {
    async run(work, of = '') {
      signal.throwIfAborted();
      const turn = wait(of);
      if (turn !== undefined) await turn;
      try {
        return await work();
      } finally {
        pass();
      }
    },
    get waiting() {
      return waiting.size;
    },
  };
}
