import { abortable, timeLimit } from '../lib/abort.ts';
import type { ExecutorError } from '../step/errors.ts';

export interface FlightsDeps {
  /** For one piece of work, however many wait for it; milliseconds. */
  readonly timeoutMs: number;
  /** Most that are under way; more are refused. */
  readonly most: number;
  /** Ends them all. */
  readonly signal: AbortSignal;
}

export interface Flights<T> {
  /**
   * The outcome of the work under that key, begun by whoever comes first. One caller who leaves does not end it for the others; `refuse` makes the
   * error for work that is not begun, or took too long.
   */
  run(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    refuse: (why: string) => ExecutorError,
  ): Promise<T>;
}

/** Work that many callers want at the same moment, done once. What fails is not remembered. */
export function createFlights<T>({ timeoutMs, most, signal: stopping }: FlightsDeps): Flights<T> {
  const underWay = new Map<string, Promise<T>>();
  const begin = async (
    work: (signal: AbortSignal) => Promise<T>,
    refuse: (why: string) => ExecutorError,
  ): Promise<T> => {
    const limit = timeLimit(timeoutMs, stopping);
    try {
      // What does not heed its signal is left behind.
      return await abortable(work(limit.signal), limit.signal);
    } catch (error) {
      throw limit.expired() ? refuse(`there is no answer within ${timeoutMs} ms`) : error;
    } finally {
      limit.clear();
    }
  };
  return {
    async run(key, work, signal, refuse) {
      let flight = underWay.get(key);
      if (flight === undefined) {
        if (underWay.size >= most) throw refuse(`${most} images are being looked at already`);
        flight = begin(work, refuse).finally(() => underWay.delete(key));
        underWay.set(key, flight);
        // Whoever began it may have left.
        flight.catch(() => undefined);
      }
      return abortable(flight, signal);
    },
  };
}
