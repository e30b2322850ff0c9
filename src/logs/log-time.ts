/** A moment of a node's clock, to the nanosecond: numbers, since a million lines are compared by it. */
export interface LogTime {
  /** Since 1970. */
  readonly seconds: number;
  readonly nanos: number;
}

const shape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** Reads an RFC 3339 time; undefined for a text that is none. */
export function parseLogTime(text: string): LogTime | undefined {
  const [, second, fraction = '', zone] = shape.exec(text) ?? [];
  const ms = Date.parse(`${second}${zone}`);
  return Number.isNaN(ms) ? undefined : { seconds: ms / 1000, nanos: Number(fraction.padEnd(9, '0')) };
}

/** Negative when `a` is earlier. */
export const compareTimes = (a: LogTime, b: LogTime): number => a.seconds - b.seconds || a.nanos - b.nanos;

export const sameTime = (a: LogTime, b: LogTime): boolean => compareTimes(a, b) === 0;

/** Milliseconds since 1970, for comparison with other clocks. */
export const msOf = ({ seconds, nanos }: LogTime): number => seconds * 1000 + nanos / 1e6;

/** As the API server takes it; it cuts the fraction off by itself. */
export const rfc3339 = ({ seconds }: LogTime): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
