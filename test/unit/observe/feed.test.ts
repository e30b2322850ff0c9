import { expect, test } from 'vitest';
import { projectJob, projectPod } from '../../../src/job/project.ts';
import { jobObservations, podObservations } from '../../../src/observe/feed.ts';
import { aJob, aPod } from './cluster.ts';

const job = projectJob(aJob());
const pod = projectPod(aPod());
const change = { uid: 'job-1', resourceVersion: '7' } as const;

test('a Job that is there is seen', () => {
  for (const type of ['added', 'updated'] as const) {
    expect(jobObservations({ ...change, type, object: job })).toEqual([{ kind: 'job', job, version: '7' }]);
  }
});

test('what a list says of a store that went back is marked', () => {
  const back = { ...change, type: 'updated', source: 'list', restored: true } as const;
  expect(jobObservations({ ...back, object: job })).toEqual([
    { kind: 'job', job, version: '7', restored: true },
  ]);
  expect(podObservations({ ...back, object: pod })).toEqual([
    { kind: 'pod', pod, version: '7', restored: true },
  ]);
});

test('a Job that is gone is seen as it was last, since its record may stand in that, and then is gone', () => {
  expect(jobObservations({ ...change, type: 'deleted', object: job })).toEqual([
    { kind: 'job', job, version: '7' },
    { kind: 'job-gone', jobUid: 'job-1' },
  ]);
});

test('of a deletion that was watched the version is known; of one that a list shows it is not', () => {
  const gone = (source: 'list' | 'watch') =>
    jobObservations({ ...change, type: 'deleted', object: job, source }).at(-1);
  expect(gone('watch')).toEqual({ kind: 'job-gone', jobUid: 'job-1', version: '7' });
  expect(gone('list')).toEqual({ kind: 'job-gone', jobUid: 'job-1' });
});

test('a pod is there, or gone with its last state', () => {
  expect(podObservations({ ...change, type: 'updated', object: pod })).toEqual([
    { kind: 'pod', pod, version: '7' },
  ]);
  expect(podObservations({ ...change, type: 'deleted', object: pod })).toEqual([
    { kind: 'pod-gone', pod, version: '7' },
  ]);
});
