import { compareTimes, type LogTime, msOf } from './log-time.ts';
import type { Position } from './position.ts';

/** What is to become of a line: known already; new; or new, with lines missing before it, perhaps. */
export type Fate = 'known' | 'new' | 'behind-a-gap';

/**
 * Judges the lines of an answer that was asked for from the second of a position on. Nothing is missing exactly if the position's own line
 * is in the answer: the node has begun a new file since otherwise, and what the old one had behind the position cannot be asked for.
 */
export function createResume({ line }: Pick<Position, 'line'>): (time: LogTime | undefined) => Fate {
  let passing = line === undefined;
  let met = 0;
  return (time) => {
    if (passing || line === undefined) return 'new';
    // The rest of a line that began before the second that was asked for.
    if (time === undefined) return 'known';
    const order = compareTimes(time, line.time);
    if (order < 0) return 'known';
    if (order === 0) {
      met += 1;
      passing = met === line.ordinal;
      return 'known';
    }
    passing = true;
    return 'behind-a-gap';
  };
}

/** An agent that writes this long after its container started may have filled a file before that. Starts are told by the second. */
export const firstWordMs = 2_000;

/** Whether a file that begins with a line of this time is the container's first, unless it writes a torrent. */
export const isFirstFile = (first: LogTime, startTime: number | undefined): boolean =>
  startTime !== undefined && msOf(first) - startTime <= firstWordMs;
