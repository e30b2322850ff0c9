import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExecutorError } from '../../../src/step/errors.ts';
import type { StepFilter } from '../../../src/step/filter.ts';
import {
  clusterDigest,
  filterDigest,
  parseStepsCursor,
  printStepsCursor,
} from '../../../src/step/steps-cursor.ts';

const none: StepFilter = { tenant: '', runId: '', labels: {}, states: [] };
const digest = filterDigest(none);
const version = fc.bigInt({ min: 0n, max: 2n ** 64n }).map(String);
const text = (body: string) => Buffer.from(body).toString('base64url');

function refusal(cursor: string, of = digest): ExecutorError {
  try {
    parseStepsCursor(cursor, of, 'cursor');
  } catch (error) {
    if (error instanceof ExecutorError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a cursor of many steps', () => {
  test('says what it was made of, in at most 512 characters', () => {
    fc.assert(
      fc.property(version, version, version, fc.nat(), (jobs, pods, jobsView, time) => {
        const mark = { jobs, pods, jobsView, time };
        const cursor = printStepsCursor(mark, digest);
        expect(cursor.length).toBeLessThanOrEqual(512);
        expect(parseStepsCursor(cursor, digest, 'cursor')).toEqual(mark);
      }),
    );
  });

  test('does not carry a version that is no number', () => {
    const mark = { jobs: 'a.b', pods: '2', jobsView: '3', time: 4 };
    expect(parseStepsCursor(printStepsCursor(mark, digest), digest, 'cursor')).toEqual({ ...mark, jobs: '' });
  });

  test.each([
    ['any word', 'hello'],
    ['a cursor of one step', text('1.0a1b.20')],
    ['another version', text(`2.1.1.1.1.${digest}`)],
    ['a negative version', text(`1.-1.1.1.1.${digest}`)],
    ['no time', text(`1.1.1.1..${digest}`)],
    ['more than it should', `${text(`1.1.1.1.1.${digest}`)}!`],
    ['a megabyte', text(`1.${'1'.repeat(1_000_000)}.1.1.1.${digest}`)],
  ])('%s is none', (_, cursor) => {
    expect(refusal(cursor)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'INVALID_REQUEST',
      violations: [{ field: 'cursor' }],
    });
  });

  test('holds good for its cluster alone, where both have a name', () => {
    const mark = { jobs: '1', pods: '2', jobsView: '3', time: 4 };
    const [here, there] = [clusterDigest('eu-1'), clusterDigest('us-1')];
    const read = (cursor: string, cluster: string) => parseStepsCursor(cursor, digest, 'cursor', cluster);
    const named = printStepsCursor(mark, digest, here);
    expect(read(named, here)).toEqual(mark);
    expect(read(named, clusterDigest(''))).toEqual(mark);
    expect(read(printStepsCursor(mark, digest, clusterDigest('')), there)).toEqual(mark);
    expect(() => read(named, there)).toThrow(
      expect.objectContaining({ code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' }),
    );
  });

  test('holds good for its filter alone, however that is written', () => {
    const filter: StepFilter = { ...none, labels: { a: '1', b: '2' }, states: ['FAILED', 'RUNNING'] };
    const cursor = printStepsCursor({ jobs: '1', pods: '1', jobsView: '1', time: 1 }, filterDigest(filter));
    const same: StepFilter = {
      ...none,
      labels: { b: '2', a: '1' },
      states: ['RUNNING', 'FAILED', 'RUNNING'],
    };
    expect(parseStepsCursor(cursor, filterDigest(same), 'cursor').jobs).toBe('1');
    for (const other of [
      none,
      { ...filter, tenant: 'x' },
      { ...filter, runId: 'x' },
      { ...filter, labels: { a: '1' } },
    ])
      expect(refusal(cursor, filterDigest(other)).message).toContain('another filter');
  });
});
