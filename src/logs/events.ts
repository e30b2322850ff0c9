import type { ObjectRef } from '../step/step.ts';
import type { LogLine } from './log-line.ts';
import type { LogTime } from './log-time.ts';
import type { Position } from './position.ts';

/** Why lines are missing, or may be; the contract's words. */
export type GapReason = 'BEGINNING' | 'ROTATED' | 'POD_GONE' | 'CLOCK_BACK' | 'UNREADABLE';

/** A line whose time is known. */
export type TimedLine = LogLine & { readonly time: LogTime };

/** What a reader of a log is told. The position is the one behind it; undefined before the first source. */
export type LogEvent = (
  | { readonly kind: 'source'; readonly pod: ObjectRef; readonly container: string }
  | { readonly kind: 'lines'; readonly lines: readonly TimedLine[] }
  | { readonly kind: 'gap'; readonly reason: GapReason; readonly after: LogTime | undefined }
  /** Nothing has happened for a while. */
  | { readonly kind: 'quiet' }
) & { readonly position: Position | undefined };

export const gapMessages: Readonly<Record<GapReason, string>> = {
  BEGINNING:
    'the node keeps only the newest part of a log: what was written before, if anything, is not there',
  ROTATED: 'the node has begun a new file here: lines at the end of the one before may be missing',
  POD_GONE: 'the pod went with its log before that was known to be read to its end',
  CLOCK_BACK: "the node's clock went back: lines that were written since then may be missing",
  UNREADABLE: 'the node cannot read the log any more: lines may be missing',
};
