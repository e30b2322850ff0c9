import { expect, test } from 'vitest';
import { merge } from '../../../src/job/facts.ts';
import type { Observation } from '../../../src/job/observation.ts';
import { projectJob, projectPod } from '../../../src/job/project.ts';
import { versions } from '../../../src/job/versions.ts';
import { aJob, aPod } from '../observe/cluster.ts';

const job = projectJob(aJob());
const pod = projectPod(aPod());
const jobAt = (version: string): Observation => ({ kind: 'job', job, version });
const podAt = (version: string, uid = pod.uid): Observation => ({
  kind: 'pod',
  pod: { ...pod, uid },
  version,
});
const podGone = (version: string, uid = pod.uid): Observation => ({
  kind: 'pod-gone',
  pod: { ...pod, uid },
  version,
});

/** What the last of these observations says. */
function after(...row: readonly Observation[]) {
  let facts: ReturnType<typeof merge>;
  let said: ReturnType<typeof versions>;
  for (const observation of row) {
    const before = facts;
    facts = merge(before, observation, 0);
    said = facts && versions(before, facts, observation);
  }
  return said;
}

test('the newest objects of a Job date what they show', () => {
  expect(after(jobAt('5'))).toEqual({ jobs: '5', pods: '0' });
  expect(after(podAt('7'))).toEqual({ jobs: '0', pods: '7' });
  expect(after(jobAt('5'), podAt('7'), podAt('10', 'other'), jobAt('12'))).toEqual({
    jobs: '12',
    pods: '10',
  });
});

test('a deletion that was watched is dated, one that a list shows is not', () => {
  expect(after(jobAt('5'), podAt('7'), podGone('9'))).toEqual({ jobs: '5', pods: '9' });
  expect(after(jobAt('5'), podAt('7'), podGone('7'))).toBeUndefined();
  expect(after(jobAt('5'), podGone('7'))).toEqual({ jobs: '5', pods: '7' });
  expect(after(jobAt('5'), { kind: 'job-gone', jobUid: job.uid, version: '8' })).toEqual({
    jobs: '8',
    pods: '0',
  });
  expect(after(jobAt('5'), { kind: 'job-gone', jobUid: job.uid })).toBeUndefined();
});

test('that nothing more was found has no date, nor has what an event says', () => {
  expect(after(jobAt('5'), { kind: 'no-more-pods', jobUid: job.uid })).toBeUndefined();
  expect(after(jobAt('5'), { kind: 'events', jobUid: job.uid, events: [] })).toBeUndefined();
});
