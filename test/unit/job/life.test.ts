import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import { historyPatch, readHistory } from '../../../src/job/life.ts';
import { annotation } from '../../../src/job/metadata.ts';
import type { JobView, Observation, PodView } from '../../../src/job/observation.ts';
import type { Transition } from '../../../src/step/step.ts';
import type { Verdict } from '../../../src/step/verdict.ts';
import {
  aJob,
  aPod,
  at,
  condition,
  deleting,
  endedPod,
  exited,
  job,
  jobGone,
  noMorePods,
  pod,
  podGone,
  runningPod,
  seen,
  stoppedJob,
} from './build.ts';

const replacing = (more: Partial<JobView> = {}) => aJob({ replaces: true, ...more });
const mark = condition('DisruptionTarget', 'PreemptionByScheduler', 'preempted for more');
const lost = (more: Partial<PodView> = {}) =>
  endedPod(exited(137), { ...deleting, conditions: [mark], ...more });
const second = (more: Partial<PodView> = {}) =>
  runningPod({ uid: 'pod-2', name: 'second', createTime: at(10), node: 'node-2', ...more });

const verdictOf = (...observations: readonly Observation[]): Verdict => {
  const verdict = classify(seen(...observations));
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
};

const told: readonly Transition[] = [
  { incarnation: 0, phase: 'QUEUED', state: 'PENDING', reason: '', message: '', time: at(0), observeTime: 1 },
  {
    incarnation: 0,
    phase: 'TERMINATING',
    state: 'RUNNING',
    reason: 'PodDeleted',
    message: '',
    time: at(7),
    observeTime: 2,
  },
];

/** The Job as it is when the first life was recorded. */
const recorded = (verdict: Verdict, more: Partial<JobView> = {}): JobView => {
  const patch = historyPatch('job-1', verdict.replaced!, { timeline: told });
  const text = patch.find((o) => o.op === 'add')?.value as string;
  return replacing({ ...more, annotations: { ...aJob().annotations, [annotation.history]: text } });
};

describe('a pod that is lost to a disruption', () => {
  test('ends the step where the Job replaces nothing', () => {
    const verdict = verdictOf(job(aJob()), pod(lost()));
    expect(verdict).toMatchObject({ end: { state: 'FAILED', outcome: { reason: 'Preempted' } } });
    expect(verdict.replaced).toBeUndefined();
  });

  test('is replaced where its Job says so: no end, and the next life is to be recorded', () => {
    const verdict = verdictOf(job(replacing()), pod(lost()));
    expect(verdict.end).toBeUndefined();
    expect(verdict.replaced).toEqual({
      incarnation: 1,
      reason: 'Preempted',
      message: 'Pod glip-run-step-x was lost, and is replaced: preempted for more',
      pods: ['pod-1'],
      recorded: undefined,
      end: undefined,
    });
    expect(verdict.milestones.every((m) => m.incarnation === 0)).toBe(true);
  });

  test('is not replaced behind an end that stands on the Job', () => {
    const { replaced } = verdictOf(job(replacing()), pod(lost()));
    const path = `/metadata/annotations/${annotation.record.replace('/', '~1')}`;
    const refused = (damaged?: string) =>
      historyPatch('job-1', { ...replaced!, end: damaged }, { timeline: told })[0];
    expect(refused()).toEqual({ op: 'test', path, value: null });
    expect(refused('no JSON')).toEqual({ op: 'test', path, value: 'no JSON' });
  });

  test('opens the next life once that stands on the Job', () => {
    const next = recorded(verdictOf(job(replacing()), pod(lost())));
    const verdict = verdictOf(job(next), pod(lost()));
    expect(verdict.replaced).toBeUndefined();
    expect(verdict.pod).toBeUndefined();
    expect(verdict.milestones.map((m) => [m.incarnation, m.phase, m.state, m.reason])).toEqual([
      [0, 'QUEUED', 'PENDING', ''],
      [0, 'TERMINATING', 'RUNNING', 'PodDeleted'],
      [1, 'QUEUED', 'PENDING', 'Preempted'],
    ]);
    expect(verdict.deadline).toMatchObject({ cause: 'QueueTimeout', time: at(7 + 60) + 1_000 });
  });

  test('is not mixed up with its successor, also by an executor that never saw it', () => {
    const next = recorded(verdictOf(job(replacing()), pod(lost())));
    for (const observed of [
      [job(next), pod(second())],
      [job(next), pod(second()), podGone(lost())],
    ]) {
      const verdict = verdictOf(...observed);
      expect(verdict.pod?.uid).toBe('pod-2');
      expect(verdict.node).toBe('node-2');
      expect(verdict.milestones.at(-1)).toMatchObject({ incarnation: 1, phase: 'RUNNING', state: 'RUNNING' });
    }
  });

  test('whose successor succeeds is a success of the second life', () => {
    const next = recorded(verdictOf(job(replacing()), pod(lost())));
    const verdict = verdictOf(job(next), pod(lost()), pod(second({ agent: exited(0), phase: 'Succeeded' })));
    expect(verdict.end).toMatchObject({ state: 'SUCCEEDED', incarnation: 1, basis: 'proposed' });
  });

  test('is lost again, and the lives add up', () => {
    const next = recorded(verdictOf(job(replacing()), pod(lost())));
    const again = verdictOf(
      job(next),
      pod(second({ ...deleting, conditions: [mark], phase: 'Failed', agent: exited(143) })),
    );
    expect(again.replaced).toMatchObject({
      incarnation: 2,
      pods: ['pod-1', 'pod-2'],
      recorded: next.annotations[annotation.history],
    });
  });
});

test('lives are told one by one, also when more pods were lost than are named on the Job', () => {
  const many = Array.from({ length: 40 }, (_, i) => pod(lost({ uid: `lost-${i}`, createTime: at(i) })));
  const live = pod(second({ createTime: at(40) }));
  let here = replacing();
  for (let life = 1; life <= many.length; life++) {
    const { replaced } = verdictOf(job(here), ...many, live);
    expect(replaced?.incarnation).toBe(life);
    here = recorded({ replaced } as Verdict);
  }
  const verdict = verdictOf(job(here), ...many, live);
  expect(verdict.replaced).toBeUndefined();
  expect(verdict.pod?.uid).toBe('pod-2');
});

test('a Job that is deleted while its second pod runs ends with that pod', () => {
  const gone = [job(replacing()), pod(lost()), pod(second()), jobGone];
  expect(verdictOf(...gone).replaced).toBeUndefined();
  expect(verdictOf(...gone).end).toBeUndefined();
  const ended = verdictOf(...gone, podGone(second({ ...deleting, agent: exited(143) })), noMorePods);
  expect(ended.end).toMatchObject({ state: 'FAILED', basis: 'gone', outcome: { reason: 'JobDeleted' } });
  expect(ended.pod?.uid).toBe('pod-2');
});

describe('no other life begins', () => {
  const never = (what: string, ...observed: readonly Observation[]) =>
    test(what, () => expect(verdictOf(...observed).replaced).toBeUndefined());
  const failing = [condition('FailureTarget', 'DeadlineExceeded')];

  never(
    'while the lost pod is not over',
    job(replacing()),
    pod(runningPod({ ...deleting, conditions: [mark] })),
  );
  never('for a pod that failed by itself', job(replacing()), pod(endedPod(exited(3))));
  never(
    'for an agent that ended with 0 when it was told to',
    job(replacing()),
    pod(lost({ agent: exited(0), phase: 'Succeeded' })),
  );
  never('when the Job is about to fail', job(replacing({ conditions: failing })), pod(lost()));
  never('when the Job is being deleted', job(replacing({ deleteTime: at(8) })), pod(lost()));
  never('when the Job is suspended', job(replacing({ suspended: true })), pod(lost()));
  never('when the step is being stopped', job(stoppedJob({}, { replaces: true })), pod(lost()));
});

test('a disruption that comes with a cancel ends the step as cancelled', () => {
  const verdict = verdictOf(job(stoppedJob({}, { replaces: true })), pod(lost()));
  expect(verdict.end).toMatchObject({ state: 'CANCELLED' });
});

test('a pod that vanished unseen is over when its successor is there', () => {
  const verdict = verdictOf(job(replacing()), podGone(runningPod()), pod(second()));
  expect(verdict.replaced).toMatchObject({ incarnation: 1, reason: 'Disrupted', pods: ['pod-1'] });
});

describe('what stands on the Job of earlier lives', () => {
  const history = {
    version: 1,
    incarnation: 1,
    reason: 'Evicted',
    message: 'm',
    pods: ['p'],
    timeline: told,
  };

  test('is read as it was written', () => {
    expect(readHistory(JSON.stringify(history))).toEqual({
      incarnation: 1,
      reason: 'Evicted',
      message: 'm',
      pods: ['p'],
      timeline: told,
    });
  });

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', JSON.stringify({ ...history, version: 2 })],
    ['a fraction of a life', JSON.stringify({ ...history, incarnation: 0.5 })],
    ['a life before the first', JSON.stringify({ ...history, incarnation: 0 })],
    ['pods that are no texts', JSON.stringify({ ...history, pods: [1] })],
    ['a timeline of other things', JSON.stringify({ ...history, timeline: [{}] })],
    ['no reason', JSON.stringify({ ...history, reason: undefined })],
  ])('is nothing where it is %s', (_, text) => expect(readHistory(text)).toBeUndefined());

  test('is nothing for a pod without a life of its own', () => {
    const damaged = replacing({ annotations: { ...aJob().annotations, [annotation.history]: '{' } });
    expect(verdictOf(job(damaged), pod(aPod())).milestones[0]).toMatchObject({ incarnation: 0 });
  });
});
