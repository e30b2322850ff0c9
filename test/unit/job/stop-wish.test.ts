import { describe, expect, test } from 'vitest';
import type { JobView, PodView } from '../../../src/job/observation.ts';
import { harder, readStop, type Stop, stopPatch } from '../../../src/job/stop.ts';
import { stopWish } from '../../../src/job/stop-wish.ts';
import {
  aJob,
  at,
  condition,
  endedPod,
  exited,
  jobGone,
  job as jobSeen,
  pod,
  runningPod,
  seen,
} from './build.ts';

const stop: Stop = { cause: 'Cancel', reason: 'enough', requestedBy: 'me', time: at(9) };
const told = (graceSeconds: number) =>
  runningPod({ deleteTime: at(10 + graceSeconds), deleteGraceSeconds: graceSeconds });
const untold = runningPod();
const ending = aJob({ deadlineSeconds: 0 });

/** `job`, or the grace of the pod's deletion, and the moment from which on; 0 for at once, by whatever clock the stop was written. */
function wish(job: JobView, view: PodView | undefined, more: Partial<Stop>) {
  const facts = view === undefined ? seen(jobSeen(job)) : seen(jobSeen(job), pod(view));
  const found = stopWish(job, facts, { ...stop, ...more }).stopWish;
  if (found?.kind !== 'pod') return found && [found.kind, found.time];
  expect(found.pod).toEqual({ namespace: 'glip-acme', name: 'glip-run-step-x', uid: 'pod-1' });
  return [found.graceSeconds, found.time];
}

describe('a Job that was told to end', () => {
  test.for([
    ['leaves its pod to the controller for a while, with its own grace', untold, {}, [30, at(11)]],
    ['leaves one to it that is to have a longer grace', untold, { graceSeconds: 300 }, [30, at(11)]],
    ['has its pod told where that is to have less', untold, { graceSeconds: 5 }, [5, 0]],
    ['whose pod is told needs nothing', told(30), {}, undefined],
    ['whose pod is told has it told again with less', told(30), { graceSeconds: 5 }, [5, 0]],
    ['whose pod is told with so much needs nothing', told(5), { graceSeconds: 5 }, undefined],
    [
      'removes it by force when its node says nothing after the grace',
      told(30),
      { force: true },
      [0, at(45)],
    ],
    ['asks for less first', told(30), { force: true, graceSeconds: 5 }, [5, 0]],
    ['whose pod was removed by force needs nothing', told(0), { force: true }, undefined],
    ['whose pod has ended needs nothing', endedPod(exited(143)), { force: true, graceSeconds: 1 }, undefined],
    ['without a pod needs nothing', undefined, { force: true, graceSeconds: 1 }, undefined],
  ] as const)('%s', ([, view, more, expected]) => {
    expect(wish(ending, view, more)).toEqual(expected);
  });
});

describe('a Job that was not told yet', () => {
  test.for([
    ['is told when its pod has heard of the shorter grace', told(5), { graceSeconds: 5 }, ['job', 0]],
    ['waits for that', untold, { graceSeconds: 5 }, [5, 0]],
    ['is told at once where the grace is no shorter', untold, { graceSeconds: 60 }, ['job', 0]],
    ['is told at once without a pod', undefined, { graceSeconds: 5 }, ['job', 0]],
    ['is told when its pod has ended', endedPod(exited(0)), { graceSeconds: 5 }, ['job', 0]],
  ] as const)('%s', ([, view, more, expected]) => {
    expect(wish(aJob(), view, more)).toEqual(expected);
  });

  test('has a pod without a node told first, unless it gets one by then', () => {
    const unplaced = runningPod({ phase: 'Pending', node: '', agent: undefined, created: false });
    const facts = seen(jobSeen(aJob()), pod(unplaced));
    const { version = '' } = facts.pods[0] ?? {};
    expect(stopWish(aJob(), facts, stop)).toEqual({
      stopWish: {
        kind: 'pod',
        pod: { namespace: 'glip-acme', name: 'glip-run-step-x', uid: 'pod-1' },
        graceSeconds: 30,
        time: 0,
        beforeJob: true,
        version,
      },
    });
    expect(version).not.toBe('');
    // The controller of a Job that was told to end deletes it already.
    expect(wish(ending, unplaced, {})).toEqual([30, at(11)]);
    expect(wish(aJob(), runningPod({ phase: 'Pending' }), {})).toEqual(['job', 0]);
  });

  test('is left alone when it is over, deleted or gone, and told when somebody suspends it', () => {
    const more = { graceSeconds: 5 };
    expect(wish(aJob({ conditions: [condition('FailureTarget')] }), undefined, more)).toBeUndefined();
    expect(wish(aJob({ deleteTime: at(8) }), undefined, more)).toBeUndefined();
    expect(wish(aJob({ deadlineSeconds: 0, suspended: true }), undefined, more)).toEqual(['job', 0]);
    expect(stopWish(aJob(), seen(jobSeen(aJob()), jobGone), { ...stop, ...more })).toEqual({});
  });
});

describe('the patch of a stop', () => {
  const changes = (...args: Parameters<typeof stopPatch>) =>
    stopPatch(...args).map(({ op, path }) => `${op} ${path}`);
  const cause = [
    'test /metadata/uid',
    'test /metadata/annotations/glip.greenlang.io~1stop',
    'add /metadata/annotations/glip.greenlang.io~1stop',
  ];
  const end = ['add /spec/activeDeadlineSeconds', 'add /spec/suspend'];

  test('ends the Job with the cause, but for a grace that the pod must hear of first', () => {
    expect(changes({ uid: 'job-1' }, stop)).toEqual([...cause, ...end]);
    expect(changes({ uid: 'job-1' }, { ...stop, force: true })).toEqual([...cause, ...end]);
    expect(changes({ uid: 'job-1' }, { ...stop, graceSeconds: 5 })).toEqual(cause);
    const ref = { namespace: 'n', name: 'p', uid: 'u' };
    expect(changes({ uid: 'job-1', pod: ref }, stop)).toEqual(cause);
    expect(changes({ uid: 'job-1', pod: ref, node: 'node-1' }, stop)).toEqual([...cause, ...end]);
  });

  test('holds only while the choice is what was believed of it', () => {
    const choice = '/metadata/annotations/glip.greenlang.io~1chosen-pod';
    expect(stopPatch({ uid: 'job-1', choice: { chosen: undefined } }, stop)[0]).toEqual({
      op: 'test',
      path: choice,
      value: null,
    });
    expect(stopPatch({ uid: 'job-1', choice: { chosen: 'pod-1' } }, stop)[0]).toMatchObject({
      value: 'pod-1',
    });
  });

  test('of a Job that was born suspended holds only while nobody has resumed it, and says so', () => {
    const born = { uid: 'job-1', bornSuspended: true } as const;
    for (const more of [{}, { graceSeconds: 5 }]) {
      const patch = stopPatch(born, { ...stop, ...more });
      expect(changes(born, { ...stop, ...more })).toEqual(['test /metadata/generation', ...cause, ...end]);
      expect(patch[0]?.value).toBe(1);
      expect(readStop(patch[3]?.value as string)).toEqual({ ...stop, ...more, neverResumed: true });
    }
  });
});

describe('a later request', () => {
  test.for([
    [{}, {}, undefined],
    [{}, { graceSeconds: 5 }, { graceSeconds: 5 }],
    [{ graceSeconds: 5 }, { graceSeconds: 5 }, undefined],
    [{ graceSeconds: 5 }, { graceSeconds: 9 }, undefined],
    [{ graceSeconds: 5 }, { graceSeconds: 3 }, { graceSeconds: 3 }],
    [{ graceSeconds: 5 }, { graceSeconds: 9, force: true }, { graceSeconds: 5, force: true }],
    [{ force: true }, { force: true }, undefined],
    [{ force: true }, { graceSeconds: 2 }, { graceSeconds: 2, force: true }],
  ] as const)('of a stop with %o for %o makes %o of it', ([stands, asked, expected]) => {
    const made = harder({ ...stop, ...stands }, asked);
    expect(made).toEqual(expected && { ...stop, ...expected });
  });
});

test('a stop is read as it was written, and what nobody can have written is left out', () => {
  const whole = { ...stop, graceSeconds: 7, force: true as const };
  expect(readStop(JSON.stringify(whole))).toEqual(whole);
  for (const graceSeconds of [0, -1, 1.5, '7', null])
    expect(readStop(JSON.stringify({ ...whole, graceSeconds, force: 'yes' }))).toEqual(stop);
});
