import { type LogTime, parseLogTime } from './log-time.ts';

/** One line of output. */
export interface LogLine {
  /** When it began, by the node's clock; absent for the rest of a line whose beginning was left out, and for the node's own words. */
  readonly time: LogTime | undefined;
  /** Without its end. Untrusted. */
  readonly text: string;
  readonly truncated: boolean;
}

/** Cuts the chunks of an answer into lines. */
export interface LineReader {
  /** The lines that the chunk completes, made as they are taken. */
  lines(chunk: Buffer): Generator<LogLine, void, undefined>;
  /** What is left without a line's end, where the answer has ended. */
  rest(): LogLine | undefined;
}

/** Most text of a line that is kept; the rest of it is read and forgotten. */
export const longestLine = 64 * 1024;

const newline = 0x0a;
const space = 0x20;
/** `2026-11-27T16:37:27.704723928+00:00` and the space behind it. */
const longestHead = 36;

export function createLineReader(longest = longestLine): LineReader {
  const most = longest + longestHead;
  const parse = createLineParser(longest);
  let parts: Buffer[] = [];
  let bytes = 0;

  const keep = (piece: Buffer, own: boolean): void => {
    const room = most + 1 - bytes;
    if (room <= 0 || piece.length === 0) return;
    const kept = piece.subarray(0, room);
    // What waits for the next chunk must not hold the whole of this one.
    parts.push(own ? Buffer.from(kept) : kept);
    bytes += kept.length;
  };
  const take = (): LogLine => {
    const [first = Buffer.alloc(0)] = parts;
    const line = parse(parts.length <= 1 ? first : Buffer.concat(parts));
    parts = [];
    bytes = 0;
    return line;
  };

  return {
    *lines(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        keep(chunk.subarray(start, end), false);
        start = end + 1;
        yield take();
      }
      keep(chunk.subarray(start), true);
    },
    rest: () => (bytes === 0 ? undefined : take()),
  };
}

function createLineParser(longest: number): (line: Buffer) => LogLine {
  // Lines of one second follow each other: its date is read once.
  let second = '';
  let seconds = 0;
  const timeOf = (text: string): LogTime | undefined => {
    if (text.length === 30 && text.endsWith('Z') && text.startsWith(second) && second !== '') {
      const nanos = Number(text.slice(20, 29));
      if (nanos >= 0) return { seconds, nanos };
    }
    const time = parseLogTime(text);
    if (time !== undefined && text.endsWith('Z') && text[19] === '.') {
      second = text.slice(0, 20);
      seconds = time.seconds;
    }
    return time;
  };
  return (line) => {
    const end = line.subarray(0, longestHead).indexOf(space);
    const time = end < 0 ? undefined : timeOf(line.toString('latin1', 0, end));
    const start = time === undefined ? 0 : end + 1;
    const truncated = line.length - start > longest;
    const text = line.toString('utf8', start, truncated ? start + longest : line.length);
    // A character that the cut went through.
    return { time, text: truncated ? text.replace(/\ufffd{1,3}$/, '') : text, truncated };
  };
}
