import type { GapReason } from './events.ts';
import { against, type Goal } from './goal.ts';
import { compareTimes } from './log-time.ts';
import type { Position } from './position.ts';
import type { ReadEnd, Selection } from './reading.ts';

export interface ProgressCase {
  readonly position: Position;
  /** What the log ended with before the reading began; undefined where it is not to end yet. */
  readonly goal: Goal | undefined;
  /** The container is proven over: the goal is the last line that there will ever be. */
  readonly ended: boolean;
  readonly selection: Selection;
  /** The reading; absent before the first. */
  readonly read?: Pick<ReadEnd, 'how' | 'gained'>;
}

/** Whether all is read: `done`, or done with a gap at the end, or it must be read `again`. */
export type Progress = 'done' | 'again' | GapReason;

/** An answer that ended is no proof by itself; that the last line of the log was read is one. */
export function progressOf({ position, goal, ended, selection, read }: ProgressCase): Progress {
  if (goal === undefined) return 'again';
  if (goal === 'unreadable') return 'UNREADABLE';
  const orderly = read?.how === 'orderly';
  const { line } = position;
  if (goal === 'empty') {
    if (line !== undefined) return 'ROTATED';
    return orderly ? 'done' : 'again';
  }
  if (goal === 'unknown') return orderly && read?.gained === 0 ? 'done' : 'again';
  if (line === undefined) {
    const { tailLines, since } = selection;
    const isWanted = tailLines !== 0 && (since === undefined || compareTimes(goal.time, since) >= 0);
    return orderly && !isWanted ? 'done' : 'again';
  }
  const place = against(position, goal);
  if (place === 'before') return 'again';
  return ended && place === 'beyond' ? 'CLOCK_BACK' : 'done';
}
