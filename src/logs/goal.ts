import type { LogStore } from '../job/ports.ts';
import type { ObjectRef } from '../step/step.ts';
import { createLineReader, type LogLine } from './log-line.ts';
import { compareTimes, type LogTime } from './log-time.ts';
import type { Position } from './position.ts';

/** The last line of a log at one moment: what must have been read by then. */
export interface LastLine {
  readonly time: LogTime;
  /** How many lines have its time. */
  readonly ordinal: number;
  /** Set while it has no end: its text so far. */
  readonly open: string | undefined;
}

/** `unknown`: the line is so long that only a part of it was read. `unreadable`: the node says something else than a log. */
export type Goal = LastLine | 'empty' | 'unknown' | 'unreadable';

/** Lines of the same time among which the last one is counted. */
const looked = 16;

/** Asks for the end of a log, whatever was read of it before; `gone` and the like where there is none. */
export async function readGoal(
  store: LogStore,
  pod: ObjectRef,
  container: string,
  signal: AbortSignal,
): Promise<Goal | Exclude<Awaited<ReturnType<LogStore['openLog']>>, AsyncIterable<Buffer>>> {
  const answer = await store.openLog(pod, { container, follow: false, tailLines: looked }, signal);
  if (typeof answer === 'string') return answer;
  const reader = createLineReader();
  let goal: Goal = 'empty';
  let count = 0;
  const see = ({ time, text, truncated }: LogLine, open: boolean): void => {
    count += 1;
    if (time === undefined) {
      goal = goal === 'empty' ? 'unreadable' : goal;
      return;
    }
    const again = typeof goal === 'object' && compareTimes(goal.time, time) === 0;
    const ordinal = again ? (goal as LastLine).ordinal + 1 : 1;
    // The kubelet counts pieces of 16 KiB as lines, and each has a time of its own.
    goal = count === 1 && truncated ? 'unknown' : { time, ordinal, open: open ? text : undefined };
  };
  for await (const chunk of answer) for (const line of reader.lines(chunk)) see(line, false);
  const rest = reader.rest();
  if (rest !== undefined) see(rest, true);
  return goal;
}

/** Where a position stands against the end of the log. */
export function against({ line }: Pick<Position, 'line'>, goal: LastLine): 'before' | 'at' | 'beyond' {
  if (line === undefined) return 'before';
  const order = compareTimes(line.time, goal.time) || line.ordinal - goal.ordinal;
  if (order === 0) return 'at';
  return order < 0 ? 'before' : 'beyond';
}
