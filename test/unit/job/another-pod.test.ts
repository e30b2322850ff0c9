import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import { annotation } from '../../../src/job/metadata.ts';
import type { JobView, Observation } from '../../../src/job/observation.ts';
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
  seen,
  stoppedJob,
} from './build.ts';

const endOf = (...observations: readonly Observation[]) => {
  const end = classify(seen(...observations))?.end;
  return end && `${end.state} ${end.basis}`;
};
const undecided = { conditions: [] };
const killed = pod(endedPod(exited(143), deleting));
const failed = pod(endedPod(exited(3)));
const replacing = (more: Partial<JobView> = {}) => job(aJob({ replaces: true, ...more }));
const failedJob = { conditions: [condition('Failed', 'DeadlineExceeded')] };
const decided = { conditions: [condition('FailureTarget', 'PodFailurePolicy')] };

describe('another pod may be there that was not seen', () => {
  test.each<[string, readonly Observation[], string | undefined]>([
    [
      'of a cancel that the Job controller has not taken up',
      [job(stoppedJob({}, undecided)), killed],
      undefined,
    ],
    ['of a cancel that it has taken up', [job(stoppedJob()), killed], 'CANCELLED absence'],
    ['of a cancel, and a read shows none', [job(stoppedJob()), killed, noMorePods], 'CANCELLED proposed'],
    [
      'of a cancel, and a read shows one that lives',
      [job(stoppedJob()), killed, pod(aPod({ uid: 'pod-2' })), noMorePods],
      undefined,
    ],
    [
      'of a timeout that it has not taken up',
      [job(stoppedJob({ cause: 'RunTimeout' }, undecided)), killed],
      undefined,
    ],
    [
      'of a timeout that it has taken up',
      [job(stoppedJob({ cause: 'RunTimeout' })), killed],
      'TIMED_OUT absence',
    ],
    [
      'of a pod without a node, and the Job is deleted',
      [job(stoppedJob({}, undecided)), podGone(aPod({ node: '' })), jobGone],
      'CANCELLED absence',
    ],
    ['of a Job that replaces pods', [replacing(), failed], undefined],
    ['of a Job that replaces pods, and has failed', [replacing(decided), failed], 'FAILED absence'],
    ['of a Job that replaces pods, confirmed', [replacing(decided), failed, noMorePods], 'FAILED proposed'],
    [
      'of a Job that replaces pods, and was suspended',
      [replacing({ suspended: true, conditions: [condition('Suspended')] }), killed],
      'FAILED absence',
    ],
    ['of a Job that replaces pods, and is deleted', [replacing(), failed, jobGone], 'FAILED absence'],
    ['never behind a success', [replacing(), pod(endedPod(exited(0)))], 'SUCCEEDED proposed'],
    ['not of a Job that replaces none', [job(aJob()), failed], 'FAILED proposed'],
  ])('%s', (_, observations, end) => {
    expect(endOf(...observations)).toBe(end);
  });
});

describe('a Job that is deleted while a pod is being replaced', () => {
  const lost = endedPod(exited(137), { phase: 'Failed', conditions: [condition('DisruptionTarget')] });
  const deletedJob = { deleteTime: at(9) };
  const outcomeOf = (...observations: readonly Observation[]) => {
    const { state, outcome } = classify(seen(...observations))?.end ?? {};
    return `${state} ${outcome?.reason} ${outcome?.mayHaveStarted}`;
  };

  test.each<[string, readonly Observation[], string]>([
    ['may have another', [replacing(), pod(lost), jobGone, noMorePods], 'FAILED JobDeleted true'],
    ['likewise in the foreground', [replacing(deletedJob), pod(lost), noMorePods], 'FAILED JobDeleted true'],
    [
      'is not cancelled',
      [job(stoppedJob({}, { ...undecided, replaces: true })), pod(lost), jobGone, noMorePods],
      'FAILED JobDeleted true',
    ],
    [
      'has none when it was decided',
      [replacing(decided), pod(lost), jobGone, noMorePods],
      'FAILED Disrupted true',
    ],
    ['has none where it replaces none', [job(aJob()), pod(lost), jobGone], 'FAILED Disrupted true'],
    [
      'has none behind a pod that was not lost',
      [replacing(), failed, jobGone, noMorePods],
      'FAILED ChecksumMismatch true',
    ],
  ])('%s', (_, observations, outcome) => {
    expect(outcomeOf(...observations)).toBe(outcome);
  });
});

describe('what is said to have never started', () => {
  const mayHaveStarted = (...observations: readonly Observation[]) =>
    classify(seen(...observations))?.end?.outcome.mayHaveStarted;
  const unscheduled = podGone(aPod({ uid: 'pod-2', createTime: at(9), node: '', ...deleting }));
  const history = JSON.stringify({
    version: 1,
    incarnation: 1,
    reason: 'r',
    message: '',
    pods: ['pod-1'],
    timeline: [],
  });
  const stopped = (more: Partial<JobView> = {}) => stoppedJob({}, more);
  const later = (): JobView => {
    const there = stopped({ replaces: true });
    return { ...there, annotations: { ...there.annotations, [annotation.history]: history } };
  };

  test.each<[string, readonly Observation[], boolean]>([
    ['is so of a step with one pod', [job(stopped()), unscheduled], false],
    ['may have, in a life before', [job(later()), unscheduled], true],
    [
      'may have, in a life before that no executor saw',
      [job(stopped({ replaces: true, ...failedJob })), noMorePods],
      true,
    ],
    [
      'may have, in a pod that has replaced a lost one and is gone',
      [
        job(stopped({ replaces: true })),
        podGone(aPod({ node: '', phase: 'Failed', conditions: [condition('DisruptionTarget')] })),
        noMorePods,
      ],
      true,
    ],
    ['may have, in another pod', [job(stopped()), killed, unscheduled], true],
    ['is so of a step without pods', [job(stopped(failedJob)), noMorePods], false],
  ])('%s', (_, observations, started) => {
    expect(mayHaveStarted(...observations)).toBe(started);
  });
});
