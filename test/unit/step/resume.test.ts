import { describe, expect, test } from 'vitest';
import { type Change, createChangeLog, type NewChange, remembered } from '../../../src/step/change-log.ts';
import type { ClusterHistory } from '../../../src/step/history.ts';
import type { Mark, Versions } from '../../../src/step/mark.ts';
import { longestGapMs, resumeFrom } from '../../../src/step/resume.ts';
import { end, job, key, milestone, queued, running, stepAt } from './build.ts';

const mark: Mark = { jobs: '100', pods: '100', jobsView: '120', time: 1_000_000 };
const finished = milestone('FINISHED', 'SUCCEEDED');

const history = (more: Partial<ClusterHistory> = {}): ClusterHistory => ({
  reach: () => mark,
  began: () => ({ jobsView: '50', time: 0 }),
  catchUp: async () => 'reached',
  ...more,
});
/** An executor whose first list came after the mark. */
const young = (ms = 1_000) => history({ began: () => ({ jobsView: '121', time: mark.time + ms }) });

function logWith(...changes: readonly Partial<NewChange>[]) {
  const log = createChangeLog({ reach: () => mark, now: () => mark.time });
  for (const [i, change] of changes.entries()) {
    const step = stepAt(running, { key: { ...key, stepId: `${i}` }, job: { ...job, uid: `${i}` } });
    log.append({ step, events: [], versions: { jobs: '1', pods: '1' }, forgotten: false, ...change });
  }
  return log;
}

async function missedOf(change: Partial<NewChange>, where = history()): Promise<boolean> {
  const log = logWith(change);
  const { missed } = await resumeFrom(mark, log, where, new AbortController().signal);
  return missed(log.after(0, 1)[0] as Change);
}

const at = (jobs: string, pods: string): Pick<NewChange, 'versions'> => ({ versions: { jobs, pods } });

describe('what a reader may have missed since its cursor', () => {
  test.each<[string, boolean, Versions | undefined]>([
    ['nothing of the step is newer', false, { jobs: '100', pods: '100' }],
    ['its Job is', true, { jobs: '101', pods: '100' }],
    ['a pod of it is', true, { jobs: '9', pods: '101' }],
    ['nobody knows since when it is so', true, undefined],
    ['its versions cannot be compared', true, { jobs: 'x', pods: '9' }],
  ])('when %s: %s', async (_, expected, versions) => {
    expect(await missedOf({ versions })).toBe(expected);
    expect(await missedOf({ versions, forgotten: true })).toBe(expected);
  });

  test('is what happened after it by the clock, where a restored store tells old versions again', async () => {
    const late = milestone('RUNNING', 'RUNNING', { time: mark.time + 1 });
    expect(await missedOf({ step: stepAt(late), ...at('1', '1') })).toBe(true);
    expect(await missedOf({ step: stepAt({ ...late, time: mark.time }), ...at('1', '1') })).toBe(false);
  });

  test('is every step that is not over, when nobody had watched for a while', async () => {
    expect(await missedOf({ step: stepAt(queued), ...at('1', '1') }, young())).toBe(true);
    const over = stepAt(finished, { outcome: end('recorded').outcome });
    expect(await missedOf({ step: over, ...at('1', '1') }, young())).toBe(false);
    const { gap } = await resumeFrom(mark, logWith(), young(), new AbortController().signal);
    expect(gap).toBe(true);
    const covered = history({ began: () => ({ jobsView: '120', time: mark.time + 9 * longestGapMs }) });
    expect((await resumeFrom(mark, logWith(), covered, new AbortController().signal)).gap).toBe(false);
  });
});

describe('a cursor is refused', () => {
  const refusal = (log: ReturnType<typeof logWith>, where: ClusterHistory) =>
    resumeFrom(mark, log, where, new AbortController().signal);
  const expired = { code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' };
  const behind = { code: 'UNAVAILABLE', reason: 'BEHIND_CURSOR' };

  test('by a store that has never been there', async () => {
    await expect(refusal(logWith(), history({ catchUp: async () => 'never' }))).rejects.toMatchObject(
      expired,
    );
  });

  test('for now, by a replica that has not seen so much yet', async () => {
    await expect(refusal(logWith(), history({ catchUp: async () => 'behind' }))).rejects.toMatchObject(
      behind,
    );
    await expect(refusal(logWith(), history({ began: () => undefined }))).rejects.toMatchObject(behind);
  });

  test('when nobody had watched for so long that an end may have come and gone', async () => {
    await expect(refusal(logWith(), young(longestGapMs + 1))).rejects.toMatchObject(expired);
    await refusal(logWith(), young(longestGapMs));
  });

  test('when a step has fallen out of memory that was forgotten after it', async () => {
    const gone = (jobs: string) =>
      logWith(...Array.from({ length: remembered + 1 }, () => ({ forgotten: true, ...at(jobs, '1') })));
    await expect(refusal(gone('101'), history())).rejects.toMatchObject(expired);
    await refusal(gone('100'), history());
  });
});
