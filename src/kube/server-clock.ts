import { type ClockReading, type OffsetBounds, withReading } from '../lib/clock-offset.ts';

/** How far our clock is off the API server's. */
export interface ServerClock {
  /** One more answer: our clock around the request, and its headers. Those without a usable Date tell nothing. */
  readonly answered: (
    around: Pick<ClockReading, 'sentAt' | 'receivedAt'>,
    headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  ) => void;
  /** Undefined before the first answer. */
  readonly offset: () => OffsetBounds | undefined;
}

/** `onOffset` is called with each answer that tells the time. */
export function createServerClock(onOffset: (offset: OffsetBounds) => void = () => undefined): ServerClock {
  let offset: OffsetBounds | undefined;
  return {
    answered({ sentAt, receivedAt }, { date, age }) {
      // What a cache has kept for a while is an old time.
      const theirSecond = typeof date === 'string' && age === undefined ? Date.parse(date) : Number.NaN;
      if (Number.isNaN(theirSecond)) return;
      offset = withReading(offset, { sentAt, receivedAt, theirSecond });
      onOffset(offset);
    },
    offset: () => offset,
  };
}
