import type { LogEvent, TimedLine } from '../logs/events.ts';
import { behind, type Position } from '../logs/position.ts';

/** Counts text, and cuts what goes beyond. */
export interface ByteLimit {
  /** The event as far as there is room. Its position is behind the last line that had some: a resume leaves out none. */
  take(event: LogEvent): LogEvent;
  readonly isUsedUp: boolean;
}

export function createByteLimit(bytes: number): ByteLimit {
  let left = bytes;
  let before: Position | undefined;
  const fit = (line: TimedLine): readonly TimedLine[] => {
    if (left <= 0) return [];
    const size = Buffer.byteLength(line.text);
    const room = left;
    left -= size;
    return [size <= room ? line : { ...line, text: cut(line.text, room), truncated: true }];
  };
  return {
    take(event) {
      if (left === Number.POSITIVE_INFINITY) return event;
      const from = before;
      before = event.position;
      if (event.kind !== 'lines') return event;
      const lines = event.lines.flatMap(fit);
      if (lines.length === event.lines.length || from === undefined) return { ...event, lines };
      return {
        ...event,
        lines,
        position: lines.reduce((position, { time }) => behind(position, time), from),
      };
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
