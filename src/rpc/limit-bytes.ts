import type { LogEvent, TimedLine } from '../logs/events.ts';

/** Counts text, and cuts what goes beyond. */
export interface ByteLimit {
  /** The event as far as there is room. */
  take(event: LogEvent): LogEvent;
  readonly isUsedUp: boolean;
}

export function createByteLimit(bytes: number): ByteLimit {
  let left = bytes;
  const fit = (line: TimedLine): readonly TimedLine[] => {
    if (left <= 0) return [];
    const size = Buffer.byteLength(line.text);
    const room = left;
    left -= size;
    return [size <= room ? line : { ...line, text: cut(line.text, room), truncated: true }];
  };
  return {
    take(event) {
      if (event.kind !== 'lines' || left === Number.POSITIVE_INFINITY) return event;
      return { ...event, lines: event.lines.flatMap(fit) };
    },
    get isUsedUp() {
      return left <= 0;
    },
  };
}

/** Without half a character at its end. */
function cut(text: string, bytes: number): string {
  const whole = Buffer.from(text).subarray(0, bytes).toString('utf8');
  return whole.endsWith('\ufffd') && !text.startsWith(whole) ? whole.replace(/\ufffd+$/, '') : whole;
}
