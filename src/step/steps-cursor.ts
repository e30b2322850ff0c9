import { hash } from 'node:crypto';
import { invalidRequest } from './errors.ts';
import { canonicalFilter, type StepFilter } from './filter.ts';
import type { Mark } from './mark.ts';

/** What a cursor is bound to: it holds good for streams of the same filter alone. */
export const filterDigest = (filter: StepFilter): string =>
  hash('sha256', canonicalFilter(filter), 'base64url').slice(0, 16);

const decimal = (version: string): string => (/^\d{1,24}$/.test(version) ? version : '');

/** The place of a stream of many steps, as an opaque text of at most 512 characters. */
export function printStepsCursor({ jobs, pods, jobsView, time }: Mark, digest: string): string {
  const parts = ['1', decimal(jobs), decimal(pods), decimal(jobsView), String(time), digest];
  return Buffer.from(parts.join('.')).toString('base64url');
}

/** Throws INVALID_ARGUMENT for a text that no executor has written, and for the cursor of another filter. */
export function parseStepsCursor(text: string, digest: string, field: string): Mark {
  const bytes = Buffer.from(text.length <= 512 ? text : '', 'base64url');
  // Node skips what is no base64url: only the text that such bytes print as is a cursor.
  const decoded = bytes.toString('base64url') === text ? bytes.toString('latin1') : '';
  const match = /^1\.(\d{0,24})\.(\d{0,24})\.(\d{0,24})\.(\d{1,16})\.([\w-]{16})$/.exec(decoded);
  const [, jobs, pods, jobsView, time, written] = match ?? [];
  if (jobs === undefined || pods === undefined || jobsView === undefined) {
    const message = 'is not a cursor of WatchSteps; leave it empty to start from snapshots';
    throw invalidRequest([{ field, message }]);
  }
  if (written !== digest) {
    const message = 'belongs to another filter; leave it empty to start from snapshots';
    throw invalidRequest([{ field, message }]);
  }
  return { jobs, pods, jobsView, time: Number(time) };
}
