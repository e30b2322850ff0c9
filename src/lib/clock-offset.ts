/** A clock of somebody else, as one answer has told it; times in milliseconds since the epoch. */
export interface ClockReading {
  /** Our clock, before the request left and after the answer was there. */
  readonly sentAt: number;
  readonly receivedAt: number;
  /** Theirs, cut down to the whole second: what an HTTP Date header says. */
  readonly theirSecond: number;
}

/** By how much our clock is ahead of theirs, in milliseconds: between these two, for certain. */
export interface OffsetBounds {
  readonly least: number;
  readonly most: number;
  /** Our clock when that was known. */
  readonly at: number;
}

/** The fastest that a clock is slewed while it is put right (adjtimex): half a millisecond a second. */
const drift = 0.0005;

/**
 * What one more reading makes of what was known. At some instant between sending and receiving, their clock stood within the second that
 * they told: that bounds the offset, to a second and the round trip. Readings at other parts of their second narrow it. A reading that
 * contradicts what was known means that a clock was set, or that another server has answered: it then stands alone.
 */
export function withReading(known: OffsetBounds | undefined, reading: ClockReading): OffsetBounds {
  const { sentAt, receivedAt, theirSecond } = reading;
  const alone = { least: sentAt - theirSecond - 1_000, most: receivedAt - theirSecond, at: receivedAt };
  if (known === undefined) return alone;
  const widened = Math.abs(receivedAt - known.at) * drift;
  const least = Math.max(alone.least, known.least - widened);
  const most = Math.min(alone.most, known.most + widened);
  return least <= most ? { least, most, at: receivedAt } : alone;
}

/** Offsets beyond this are worth a person's time; below it timeouts shift by less than the second that Kubernetes' own times are cut to. */
export const toleratedOffsetMs = 2_000;

/** Whether the clocks are proven to be further apart than that. */
export const isTooFarOff = ({ least, most }: OffsetBounds): boolean =>
  least > toleratedOffsetMs || most < -toleratedOffsetMs;

/** For people: `0.2 s (±0.1 s) ahead of`. */
export function offsetInWords({ least, most }: OffsetBounds): string {
  const middle = (least + most) / 2;
  const inSeconds = (ms: number) => `${(Math.abs(ms) / 1_000).toFixed(1)} s`;
  return `${inSeconds(middle)} (±${inSeconds((most - least) / 2)}) ${middle < 0 ? 'behind' : 'ahead of'}`;
}
