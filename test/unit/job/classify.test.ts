import { describe, expect, test } from 'vitest';
import { classify, withDigest } from '../../../src/job/classify.ts';
import { exitMeaning, signalName, signalOf } from '../../../src/job/exit-codes.ts';
import type { Graces } from '../../../src/job/graces.ts';
import { annotation } from '../../../src/job/metadata.ts';
import type { JobView, Observation } from '../../../src/job/observation.ts';
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
  pod,
  podGone,
  runningPod,
  seen,
  stoppedJob,
  t0,
} from './build.ts';

const verdictOf = (...observations: readonly Observation[]): Verdict => {
  const verdict = classify(seen(...observations));
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
};
const way = (...observations: readonly Observation[]) =>
  verdictOf(...observations).milestones.map((m) => [m.phase, m.state, (m.time - t0) / 1_000]);
const annotated = (annotations: Record<string, string>, more: Partial<JobView> = {}) =>
  aJob({ ...more, annotations: { ...aJob().annotations, ...annotations } });
const waitingAgent = (reason: string, message = 'm') => aPod({ agent: { kind: 'waiting', reason, message } });

describe('what a verdict is about', () => {
  test('nothing, before the Job was seen', () => {
    expect(classify(seen(pod(aPod())))).toBeUndefined();
  });

  test('nothing, of a Job that is not ours', () => {
    expect(classify(seen(job(aJob({ annotations: {} }))))).toBeUndefined();
    expect(classify(seen(job(annotated({ [annotation.key]: 'theirs' }))))).toBeUndefined();
  });

  test('a step, with what its Job and its pod say', () => {
    const job_ = annotated({ [annotation.pool]: 'large' }, { labels: { team: 'a' } });
    expect(verdictOf(job(job_), pod(runningPod()))).toMatchObject({
      key: { tenant: 'acme', runId: 'run', stepId: 'step', attempt: 0 },
      job: { namespace: 'glip-acme', name: 'glip-run-step', uid: 'job-1' },
      createTime: t0,
      pool: 'large',
      image: 'agent:1',
      specHash: 'hash',
      labels: { team: 'a' },
      pod: { name: 'glip-run-step-x', uid: 'pod-1' },
      node: 'node-1',
    });
  });

  test('a step that was cancelled before it was submitted has no spec and no image', () => {
    const { [annotation.specHash]: _, ...annotations } = stoppedJob().annotations;
    expect(verdictOf(job(aJob({ annotations })))).toMatchObject({ specHash: '', image: '', pool: '' });
  });

  test('the newest pod is its own', () => {
    const second = runningPod({ uid: 'pod-2', createTime: at(9), node: 'node-2' });
    const observed = [job(aJob()), pod(endedPod(exited(137))), pod(second)];
    expect(verdictOf(...observed)).toMatchObject({ pod: { uid: 'pod-2' }, node: 'node-2' });
  });

  test('the image as its node has pulled it', () => {
    const imageId = `ghcr.io/agent@sha256:${'a'.repeat(64)}`;
    expect(verdictOf(job(aJob()), pod(runningPod({ imageId }))).image).toBe(
      `agent:1@sha256:${'a'.repeat(64)}`,
    );
  });

  test('a pod without a node has none', () => {
    expect(verdictOf(job(aJob()), pod(aPod({ node: '' })))).not.toHaveProperty('node');
    expect(verdictOf(job(aJob()))).not.toHaveProperty('pod');
  });

  test('who cancelled it, and with what grace', () => {
    expect(verdictOf(job(stoppedJob())).cancellation).toEqual({
      reason: 'enough',
      requestedBy: 'me',
      requestTime: at(9),
      graceSeconds: 30,
      confirmed: false,
    });
    expect(verdictOf(job(stoppedJob({ cause: 'RunTimeout' })))).not.toHaveProperty('cancellation');
  });
});

describe('the way', () => {
  test.each<[string, readonly Observation[], readonly unknown[]]>([
    ['queued', [job(aJob())], [['QUEUED', 'PENDING', 0]]],
    [
      'scheduling',
      [job(aJob()), pod(aPod({ node: '' }))],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
      ],
    ],
    [
      'pulling',
      [job(aJob()), pod(waitingAgent('ContainerCreating'))],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['PULLING_IMAGE', 'PENDING', 2],
      ],
    ],
    [
      'a pod that names no time of its node',
      [job(aJob()), pod(aPod({ conditions: [] }))],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['PULLING_IMAGE', 'PENDING', 1],
      ],
    ],
    [
      'starting: the image is there, its Secret is not',
      [job(aJob()), pod(waitingAgent('CreateContainerConfigError'))],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['PULLING_IMAGE', 'PENDING', 2],
        ['STARTING', 'PENDING', 2],
      ],
    ],
    [
      'starting, though that was overwritten',
      [job(aJob()), pod(waitingAgent('CreateContainerConfigError')), pod(waitingAgent('ContainerCreating'))],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['PULLING_IMAGE', 'PENDING', 2],
        ['STARTING', 'PENDING', 2],
      ],
    ],
    [
      'starting: the container is made',
      [job(aJob()), pod(aPod({ created: true }))],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['PULLING_IMAGE', 'PENDING', 2],
        ['STARTING', 'PENDING', 2],
      ],
    ],
    [
      'running',
      [job(aJob()), pod(runningPod())],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['PULLING_IMAGE', 'PENDING', 2],
        ['RUNNING', 'RUNNING', 5],
      ],
    ],
    [
      'ended',
      [job(aJob()), pod(endedPod(exited(0)))],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['PULLING_IMAGE', 'PENDING', 2],
        ['RUNNING', 'RUNNING', 5],
      ],
    ],
    [
      'a pod that somebody deleted runs on',
      [job(aJob()), pod(runningPod(deleting)), job(aJob())],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['PULLING_IMAGE', 'PENDING', 2],
        ['RUNNING', 'RUNNING', 5],
        ['TERMINATING', 'RUNNING', 7],
      ],
    ],
    [
      'a pod that somebody deleted before it ran',
      [job(aJob()), pod(aPod({ node: '', ...deleting })), job(aJob())],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['TERMINATING', 'PENDING', 7],
      ],
    ],
    [
      'cancelled',
      [job(stoppedJob()), pod(runningPod())],
      [
        ['QUEUED', 'PENDING', 0],
        ['SCHEDULING', 'PENDING', 1],
        ['PULLING_IMAGE', 'PENDING', 2],
        ['RUNNING', 'RUNNING', 5],
        ['TERMINATING', 'CANCELLING', 9],
      ],
    ],
    [
      'cancelled before it had a pod',
      [job(stoppedJob())],
      [
        ['QUEUED', 'PENDING', 0],
        ['TERMINATING', 'CANCELLING', 9],
      ],
    ],
  ])('%s', (_, observations, wanted) => {
    expect(way(...observations)).toEqual(wanted);
  });

  test.each<[string, readonly Observation[], string]>([
    [
      'not told before the Job says that no stop asked for it',
      [job(aJob()), pod(runningPod(deleting))],
      'RUNNING',
    ],
    ['told at once, of a Job that is gone', [job(aJob()), jobGone, pod(runningPod(deleting))], 'TERMINATING'],
    [
      'told at once, where the pod says why',
      [job(aJob()), pod(runningPod({ ...deleting, conditions: [condition('DisruptionTarget', 'X')] }))],
      'TERMINATING',
    ],
    [
      'told with the stop that asked for it',
      [job(aJob()), pod(runningPod(deleting)), job(stoppedJob())],
      'TERMINATING',
    ],
  ])('a deletion: %s', (_, observations, phase) => {
    expect(verdictOf(...observations).milestones.at(-1)?.phase).toBe(phase);
  });

  test('says why it terminates', () => {
    expect(verdictOf(job(stoppedJob())).milestones.at(-1)).toMatchObject({
      reason: 'Cancel',
      message: 'enough',
    });
    expect(verdictOf(job(aJob()), pod(runningPod(deleting)), job(aJob())).milestones.at(-1)?.reason).toBe(
      'PodDeleted',
    );
  });
});

describe('why a step waits', () => {
  test.each<[string, readonly Observation[], object]>([
    [
      'no room',
      [
        job(aJob()),
        pod(aPod({ node: '', conditions: [condition('PodScheduled', 'Unschedulable', 'no cpu', 'False')] })),
      ],
      {
        reason: 'Unschedulable',
        message: 'no cpu.',
        since: at(20),
        giveUpTime: at(61),
        remedy: 'Wait for capacity, ask for less, or choose another pool.',
      },
    ],
    [
      'a gate',
      [
        job(aJob()),
        pod(aPod({ node: '', conditions: [condition('PodScheduled', 'SchedulingGated', '', 'False')] })),
      ],
      { reason: 'Gated', remedy: 'Whoever has set the gate must remove it.' },
    ],
    [
      'an image that is not there',
      [job(aJob()), pod(waitingAgent('ErrImagePull', 'not found'))],
      {
        reason: 'ImageNotFound',
        message: 'The registry does not have the image agent:1: not found',
        since: at(10),
        giveUpTime: at(123),
        remedy: 'Check spec.agent.image, and submit a new attempt with the right one.',
      },
    ],
    [
      'something new',
      [job(aJob()), pod(waitingAgent('SomethingNew'))],
      { reason: 'ContainerWaiting', message: 'The container waits: SomethingNew: m' },
    ],
    [
      'somebody suspended the Job',
      [job(aJob({ suspended: true, conditions: [condition('Suspended')] }))],
      { reason: 'Suspended', since: at(20) },
    ],
    [
      'somebody suspended the Job again',
      [job(aJob({ suspended: true, conditions: [condition('Suspended', '', '', 'False')] }))],
      { reason: 'Suspended', since: at(0) },
    ],
    [
      'somebody suspended the Job just now',
      [job(aJob({ suspended: true }))],
      { reason: 'Suspended', since: at(0) },
    ],
  ])('%s', (_, observations, wanted) => {
    expect(verdictOf(...observations).waiting).toMatchObject(wanted);
  });

  test('nobody knows when it is given up without timeouts', () => {
    const { [annotation.timeouts]: _, ...annotations } = aJob().annotations;
    const waits = verdictOf(
      job(aJob({ annotations, deadlineSeconds: undefined })),
      pod(waitingAgent('ErrImagePull')),
    );
    expect(waits.waiting).not.toHaveProperty('giveUpTime');
    expect(waits).not.toHaveProperty('deadline');
  });

  describe('a grace', () => {
    const waits = (more: Partial<JobView> = {}) =>
      seen(
        job(aJob(more)),
        pod(waitingAgent('ErrImagePull', 'not found')),
        pod(waitingAgent('ImagePullBackOff', 'Back-off pulling image "a": ErrImagePull: not found')),
      );

    test('ends the wait before the timeout does, from when the reason was first seen', () => {
      expect(classify(waits(), { ImageNotFound: 30 })).toMatchObject({
        deadline: { cause: 'WaitingTooLong', time: at(10 + 30 + 1), seconds: 30 },
        waiting: { reason: 'ImageNotFound', giveUpTime: at(41) },
      });
    });

    test.each<[string, Graces]>([
      ['of 0', { ImageNotFound: 0 }],
      ['of another reason', { RegistryUnavailable: 30 }],
      ['that is longer', { ImageNotFound: 3_600 }],
    ])('%s leaves it to the timeout', (_, graces) => {
      expect(classify(waits(), graces)).toMatchObject({
        deadline: { cause: 'StartTimeout', time: at(123) },
        waiting: { giveUpTime: at(123) },
      });
    });

    test('holds where there are no timeouts that can be read', () => {
      const { [annotation.timeouts]: _, ...annotations } = aJob().annotations;
      expect(classify(waits({ annotations }), { ImageNotFound: 30 })?.deadline?.time).toBe(at(41));
    });

    test('and the timeouts, all end before the deadline of the Job', () => {
      expect(classify(waits({ deadlineSeconds: 20 }))?.waiting?.giveUpTime).toBe(at(20));
    });
  });

  test.each<[string, readonly Observation[]]>([
    ['queued', [job(aJob())]],
    ['making its container', [job(aJob()), pod(waitingAgent('ContainerCreating'))]],
    ['initializing', [job(aJob()), pod(waitingAgent('PodInitializing'))]],
    ['waiting without a word', [job(aJob()), pod(waitingAgent(''))]],
    ['running', [job(aJob()), pod(runningPod())]],
    ['on its node', [job(aJob()), pod(aPod())]],
    ['being stopped', [job(stoppedJob()), pod(waitingAgent('ErrImagePull'))]],
  ])('it does not while %s', (_, observations) => {
    expect(verdictOf(...observations)).not.toHaveProperty('waiting');
  });
});

describe('a step that has a record', () => {
  const recorded = (end: object = {}) =>
    annotated({
      [annotation.record]: JSON.stringify({
        version: 1,
        end: {
          state: 'CANCELLED',
          outcome: {
            reason: 'Cancelled',
            message: '',
            exitMeaning: '',
            mayHaveStarted: true,
            agentReportJson: '',
          },
          time: 1,
          incarnation: 0,
          ...end,
        },
        timeline: [],
        image: 'agent:1@sha256:x',
        pod: { namespace: 'n', name: 'p', uid: 'u' },
        node: 'node-7',
      }),
    });

  test('ended as the record says, whatever the pods say', () => {
    expect(verdictOf(job(recorded()), pod(endedPod(exited(0))))).toMatchObject({
      end: { state: 'CANCELLED', basis: 'recorded' },
      recordedTimeline: [],
      image: 'agent:1@sha256:x',
      pod: { name: 'p' },
      node: 'node-7',
    });
  });

  test('is gone with its Job', () => {
    expect(verdictOf(job(recorded()), jobGone).end?.basis).toBe('gone');
  });

  test('whose record cannot be read ended as its pods say', () => {
    expect(verdictOf(job(recorded({ state: 'DONE' })), pod(endedPod(exited(0)))).end).toMatchObject({
      state: 'SUCCEEDED',
      basis: 'proposed',
    });
  });
});

describe('a deadline', () => {
  test('is there while the step is on its way', () => {
    expect(verdictOf(job(aJob()), pod(runningPod())).deadline).toEqual({
      cause: 'RunTimeout',
      time: at(606),
      seconds: 600,
    });
  });

  test('is not there once the step has ended, or is being stopped', () => {
    expect(verdictOf(job(aJob()), pod(runningPod({ agent: exited(0) })))).not.toHaveProperty('deadline');
    expect(verdictOf(job(stoppedJob()), pod(runningPod()))).not.toHaveProperty('deadline');
  });

  test.each<[string, Observation]>([
    ['has failed', pod(endedPod(exited(143), deleting))],
    ['is gone', podGone(runningPod())],
    ['has ended under a deletion', pod(runningPod({ agent: exited(143), ...deleting }))],
  ])('is not there for a pod that %s, while why is still to come', (_, over) => {
    const verdict = verdictOf(job(aJob()), over);
    expect(verdict).not.toHaveProperty('end');
    expect(verdict).not.toHaveProperty('deadline');
  });

  test('is not there once the Job controller has decided on the end', () => {
    const verdict = verdictOf(job(aJob({ conditions: [condition('FailureTarget', 'PodFailurePolicy')] })));
    expect(verdict).not.toHaveProperty('end');
    expect(verdict).not.toHaveProperty('deadline');
  });
});

describe('the image as it runs', () => {
  const digest = `sha256:${'a'.repeat(64)}`;

  test.each([
    ['the digest that the node pulled', 'a:1', `ghcr.io/a@${digest}`, `a:1@${digest}`],
    ['a local id is no digest', 'a:1', digest, 'a:1'],
    ['nothing pulled yet', 'a:1', '', 'a:1'],
    ['a digest that was asked for', `a@${digest}`, `a@sha256:${'b'.repeat(64)}`, `a@${digest}`],
  ])('%s', (_, image, imageId, wanted) => {
    expect(withDigest(image, imageId)).toBe(wanted);
  });
});

describe('what an exit code means', () => {
  test.each([
    [1, 'general_failure', 'AGENT', 'SAME'],
    [2, 'input_validation_failure', 'INPUT', 'NO'],
    [3, 'checksum_failure', 'INPUT', 'SAME'],
    [4, 'permission_failure', 'POLICY', 'NO'],
    [5, 'timeout', 'TIMEOUT', 'MORE_RESOURCES'],
    [6, 'resources_exhausted', 'RESOURCES', 'MORE_RESOURCES'],
    [7, 'output_validation_failure', 'AGENT', 'NO'],
    [8, 'upstream_failure', 'AGENT', 'LATER'],
    [9, 'agent_specific', 'AGENT', 'SAME'],
    [124, 'agent_specific', 'AGENT', 'SAME'],
    [125, 'container_infrastructure_error', 'PLATFORM', 'ELSEWHERE'],
    [128, 'container_infrastructure_error', 'PLATFORM', 'ELSEWHERE'],
    [129, 'killed_by_signal', 'AGENT', 'SAME'],
    [192, 'killed_by_signal', 'AGENT', 'SAME'],
    [193, 'agent_specific', 'AGENT', 'SAME'],
    [255, 'agent_specific', 'AGENT', 'SAME'],
  ])('%i: %s', (code, name, category, retry) => {
    expect(exitMeaning(code)).toMatchObject({ name, category, retry });
  });

  test('signals', () => {
    expect([128, 129, 137, 192, 193].map(signalOf)).toEqual([undefined, 1, 9, 64, undefined]);
    expect([9, 15, 40].map(signalName)).toEqual(['SIGKILL', 'SIGTERM', 'signal 40']);
  });
});
