import { ExecutorError } from './errors.ts';
import { type Coordinate, rank } from './state.ts';

/** A place in the history of one Job: valid on every replica, since both parts are read from the cluster's objects. */
export interface Cursor {
  readonly jobUid: string;
  readonly rank: number;
}

export function printCursor(jobUid: string, at: Coordinate): string {
  return Buffer.from(`1.${jobUid}.${rank(at)}`).toString('base64url');
}

/** Throws INVALID_ARGUMENT for a text that no executor has written. */
export function parseCursor(text: string, field: string): Cursor {
  const bytes = Buffer.from(text.length <= 256 ? text : '', 'base64url');
  // Node skips what is no base64url: only the text that such bytes print as is a cursor.
  const decoded = bytes.toString('base64url') === text ? bytes.toString('utf8') : '';
  const match = /^1\.([0-9A-Za-z-]{1,64})\.(\d{1,9})$/.exec(decoded);
  const [, jobUid, number] = match ?? [];
  if (jobUid === undefined || number === undefined) {
    throw new ExecutorError({
      code: 'INVALID_ARGUMENT',
      reason: 'INVALID_REQUEST',
      message: `${field}: is not a cursor of this service; leave it empty to start from the snapshot`,
      violations: [
        { field, message: 'is not a cursor of this service; leave it empty to start from the snapshot' },
      ],
    });
  }
  return { jobUid, rank: Number(number) };
}
