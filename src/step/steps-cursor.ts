import { hash } from 'node:crypto';
import { ExecutorError, invalidRequest } from './errors.ts';
import { canonicalFilter, type StepFilter } from './filter.ts';
import type { Mark } from './mark.ts';

/** What a cursor is bound to: it holds good for streams of the same filter alone. */
export const filterDigest = (filter: StepFilter): string =>
  hash('sha256', canonicalFilter(filter), 'base64url').slice(0, 16);

/**
 * The cluster of a cursor, by the name that its executors were given; empty for none. Versions of two clusters can be compared, and mean
 * nothing to each other: behind an address that has moved to another cluster, a stream would go on and tell nothing.
 */
export const clusterDigest = (clusterId: string): string =>
  clusterId === '' ? '' : hash('sha256', clusterId, 'base64url').slice(0, 8);

const decimal = (version: string): string => (/^\d{1,24}$/.test(version) ? version : '');

/** The place of a stream of many steps, as an opaque text of at most 512 characters. */
export function printStepsCursor({ jobs, pods, jobsView, time }: Mark, digest: string, cluster = ''): string {
  const parts = ['1', decimal(jobs), decimal(pods), decimal(jobsView), String(time), digest];
  if (cluster !== '') parts.push(cluster);
  return Buffer.from(parts.join('.')).toString('base64url');
}

/**
 * Throws INVALID_ARGUMENT for a text that no executor has written, and for the cursor of another filter; CURSOR_EXPIRED for one of another
 * cluster, where both have a name.
 */
export function parseStepsCursor(text: string, digest: string, field: string, cluster = ''): Mark {
  const bytes = Buffer.from(text.length <= 512 ? text : '', 'base64url');
  // Node skips what is no base64url: only the text that such bytes print as is a cursor.
  const decoded = bytes.toString('base64url') === text ? bytes.toString('latin1') : '';
  const match = /^1\.(\d{0,24})\.(\d{0,24})\.(\d{0,24})\.(\d{1,15})\.([\w-]{16})(?:\.([\w-]{8}))?$/.exec(
    decoded,
  );
  const [, jobs, pods, jobsView, time, written, where] = match ?? [];
  if (jobs === undefined || pods === undefined || jobsView === undefined) {
    const message = 'is not a cursor of WatchSteps; leave it empty to start from snapshots';
    throw invalidRequest([{ field, message }]);
  }
  if (written !== digest) {
    const message = 'belongs to another filter; leave it empty to start from snapshots';
    throw invalidRequest([{ field, message }]);
  }
  if (where !== undefined && cluster !== '' && where !== cluster) {
    throw new ExecutorError({
      code: 'OUT_OF_RANGE',
      reason: 'CURSOR_EXPIRED',
      message: 'the cursor is of another cluster, whose steps are not here; start without a cursor',
    });
  }
  return { jobs, pods, jobsView, time: Number(time) };
}
