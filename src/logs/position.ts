import { invalidRequest } from '../step/errors.ts';
import { type LogTime, sameTime } from './log-time.ts';

/** A place in the log of one container: behind the line that is named by its time and, among the lines of that time, its number. */
export interface Position {
  /** Uid of the pod. */
  readonly pod: string;
  readonly container: string;
  /** Absent at the beginning. */
  readonly line?: { readonly time: LogTime; readonly ordinal: number };
}

/** The place behind one more line. */
export function behind({ pod, container, line }: Position, time: LogTime): Position {
  const ordinal = line !== undefined && sameTime(line.time, time) ? line.ordinal + 1 : 1;
  return { pod, container, line: { time, ordinal } };
}

/** An opaque text of at most 256 characters. It names nothing of the executor, and so holds good for every replica. */
export function printPosition({ pod, container, line }: Position): string {
  const at = line === undefined ? '' : `${line.time.seconds}.${line.time.nanos}.${line.ordinal}`;
  return Buffer.from(`1.${pod}.${container}.${at}`).toString('base64url');
}

/** Of the year 9999: protobuf and RFC 3339 have no time behind it. */
export const lastSecond = 253_402_300_799;

const shape = /^1\.([0-9A-Za-z-]{1,64})\.([a-z0-9-]{1,63})\.(?:(\d{1,12})\.(\d{1,9})\.(\d{1,9}))?$/;

/** Throws INVALID_ARGUMENT for a text that no executor has written. */
export function parsePosition(text: string, field: string): Position {
  const bytes = Buffer.from(text.length <= 256 ? text : '', 'base64url');
  // Node skips what is no base64url: only the text that such bytes print as is a cursor.
  const decoded = bytes.toString('base64url') === text ? bytes.toString('latin1') : '';
  const [, pod, container, seconds, nanos, ordinal] = shape.exec(decoded) ?? [];
  if (pod === undefined || container === undefined || Number(seconds ?? 0) > lastSecond) {
    throw invalidRequest([{ field, message: 'is not a cursor of StreamLogs; leave it empty to start anew' }]);
  }
  if (seconds === undefined) return { pod, container };
  const time = { seconds: Number(seconds), nanos: Number(nanos) };
  return { pod, container, line: { time, ordinal: Number(ordinal) } };
}
