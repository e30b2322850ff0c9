import type { EpochMs } from '../step/step.ts';
import type { GapReason, LogEvent, TimedLine } from './events.ts';
import type { LogLine } from './log-line.ts';
import { compareTimes, type LogTime, msOf } from './log-time.ts';
import { behind, type Position } from './position.ts';
import { createResume } from './resume.ts';
import type { RotationGuard } from './rotation.ts';

export interface IntakeOptions {
  readonly from: Position;
  /** Lines before it are left out; means nothing behind a line. */
  readonly since: LogTime | undefined;
  /** Absent for an answer that does not go on: it is of one file. */
  readonly rotation: RotationGuard | undefined;
}

/** What is sent at once. A frame for each line costs several times as much; the transport holds up to 16 frames for a slow reader. */
const mostBytes = 8 * 1024;
/** A line costs something without any text, too. */
const perLine = 24;
const nothing: readonly LogEvent[] = [];

/** Makes events of the lines of one answer: leaves out what is known, marks gaps, gathers what is new. */
export class Intake {
  readonly #fate;
  readonly #rotation: RotationGuard | undefined;
  readonly #since: LogTime | undefined;
  #lines: TimedLine[] = [];
  #bytes = 0;
  #position: Position;
  #gained = 0;
  #leastLagMs = Number.POSITIVE_INFINITY;

  constructor({ from, since, rotation }: IntakeOptions) {
    this.#position = from;
    this.#since = since;
    this.#fate = createResume(from);
    this.#rotation = rotation;
  }

  /** Behind the last line that was taken. */
  get position(): Position {
    return this.#position;
  }

  /** New lines. */
  get gained(): number {
    return this.#gained;
  }

  /** The least time between a line's writing by the node's clock and its reading by ours. */
  get leastLagMs(): number {
    return this.#leastLagMs;
  }

  /** Whether a line is one that would be told. */
  isWanted({ time }: LogLine): boolean {
    return time !== undefined && (this.#since === undefined || compareTimes(time, this.#since) >= 0);
  }

  take(line: LogLine, readAt: EpochMs): readonly LogEvent[] {
    const fate = this.#fate(line.time);
    const last = this.#position.line?.time;
    // Only the beginning of a line has a time; what comes without one before any line are the node's own words.
    const time = line.time ?? last;
    if (fate === 'known' || time === undefined || !this.isWanted({ ...line, time })) return nothing;
    this.#leastLagMs = Math.min(this.#leastLagMs, readAt - msOf(time));
    const passes = this.#rotation?.passes(time, line.text.length) ?? false;
    const isGap = fate === 'behind-a-gap' || passes;
    const events = isGap ? [...this.flush(), this.gap('ROTATED')] : nothing;
    this.#gained += 1;
    this.#position = behind(this.#position, time);
    this.#lines.push(line.time === undefined ? { ...line, time } : (line as TimedLine));
    this.#bytes += line.text.length + perLine;
    return this.#bytes < mostBytes ? events : [...events, ...this.flush()];
  }

  gap(reason: GapReason): LogEvent {
    return { kind: 'gap', reason, after: this.#position.line?.time, position: this.#position };
  }

  /** What was gathered. */
  flush(): readonly LogEvent[] {
    if (this.#lines.length === 0) return nothing;
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    return [{ kind: 'lines', lines, position: this.#position }];
  }
}
