import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import { createInterpretation } from '../../../src/job/interpretation.ts';
import { annotation } from '../../../src/job/metadata.ts';
import { jobName } from '../../../src/job/names.ts';
import { aJob, aPod, at, endedPod, events, exited, job, pod, podGone, refusal, seen } from './build.ts';

/** Whoever has rights in a namespace of his own can write any uid and any key there. */
const elsewhere = { namespace: 'glip-other' };

describe('what another namespace says of a Job tells nothing of its step', () => {
  const finished = endedPod(exited(0), elsewhere);

  test.each([
    ['a pod', [job(aJob()), pod(finished)]],
    ['a pod that was seen before the Job', [pod(finished), job(aJob())]],
    ['a pod that is gone', [job(aJob()), podGone(finished)]],
  ])('%s', (_, observations) => {
    expect(seen(...observations).pods).toEqual([]);
    expect(classify(seen(...observations))?.end).toBeUndefined();
  });

  test('a pod beside the Job’s own', () => {
    const facts = seen(pod(finished), pod(aPod({ uid: 'own' })), job(aJob()));
    expect(facts.pods.map((p) => p.view.uid)).toEqual(['own']);
  });

  test('an Event', () => {
    const said = refusal('Error creating: pods "x" is forbidden: no', { lastTime: at(99) });
    expect(classify(seen(job(aJob()), events(said)))?.waiting?.reason).toBe('AdmissionRefused');
    expect(classify(seen(job(aJob()), events({ ...said, ...elsewhere })))?.waiting).toBeUndefined();
  });
});

describe('a Job is a step only where a submit of that step would put it', () => {
  const key = { tenant: 'acme', runId: 'run', stepId: 'step', attempt: 0 };
  const { classify: read } = createInterpretation({ namespacePrefix: 'glip-' });
  const own = aJob({ name: jobName(key) });

  test.each([
    ['in its place', own, true],
    ['in another namespace', { ...own, ...elsewhere }, false],
    ['under another name', { ...own, name: 'glip-mine' }, false],
    [
      'with the key of another tenant',
      { ...own, annotations: { ...own.annotations, [annotation.key]: '["other","run","step",0]' } },
      false,
    ],
  ])('%s', (_, view, wanted) => {
    expect(read(seen(job(view))) !== undefined).toBe(wanted);
  });
});

test('a grace does not count what was refused for an earlier pod', () => {
  // One Event, which the controller has counted on.
  const said = refusal('exceeded quota: q, requested: pods=1, used: pods=4, limited: pods=4', {
    firstTime: at(3),
    lastTime: at(500),
    count: 9,
  });
  const later = aPod({ uid: 'lost', createTime: at(400), phase: 'Failed' });
  const facts = seen(
    job(
      aJob({
        replaces: true,
        annotations: {
          ...aJob().annotations,
          [annotation.history]: JSON.stringify({
            version: 1,
            incarnation: 1,
            reason: 'Evicted',
            message: '',
            pods: ['lost'],
            timeline: [],
          }),
        },
      }),
    ),
    pod(later),
    events(said),
  );
  expect(classify(facts)?.waiting).toMatchObject({ reason: 'QuotaExceeded', since: at(400) });
});
