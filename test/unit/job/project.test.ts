import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobSeen, podSeen, projectJob, projectPod } from '../../../src/job/project.ts';

const time = '2026-11-23T12:00:00Z';
const ms = Date.parse(time);
const agent = (state: object, more: object = {}) =>
  projectPod({
    status: {
      containerStatuses: [
        { name: 'sidecar', state: { running: {} } },
        { name: 'agent', state, ...more },
      ],
    },
  });

describe('a Job, cut down', () => {
  test('keeps our annotations and the labels of the caller', () => {
    const view = projectJob({
      metadata: {
        annotations: { 'glip.greenlang.io/key': 'k', other: 'x', 'glip.greenlang.io/odd': 7 },
        labels: { app: 'greenlang-agent', team: 'a' },
      },
    });
    expect(view.annotations).toEqual({ 'glip.greenlang.io/key': 'k' });
    expect(view.labels).toEqual({ team: 'a' });
  });

  test('keeps what its pods and its status say', () => {
    const view = projectJob({
      metadata: { uid: 'u', namespace: 'n', name: 'j', creationTimestamp: time, deletionTimestamp: time },
      spec: {
        suspend: true,
        activeDeadlineSeconds: 0,
        template: {
          spec: {
            terminationGracePeriodSeconds: 5,
            containers: [
              { name: 'x', image: 'x:1' },
              { name: 'agent', image: 'a:1' },
            ],
          },
        },
      },
      status: {
        startTime: time,
        failed: 1,
        succeeded: 2,
        conditions: [{ type: 'Failed', status: 'True', reason: 'r', message: 'm', lastTransitionTime: time }],
      },
    });
    expect(view).toEqual({
      uid: 'u',
      namespace: 'n',
      name: 'j',
      createTime: ms,
      deleteTime: ms,
      annotations: {},
      labels: {},
      image: 'a:1',
      graceSeconds: 5,
      suspended: true,
      replaces: false,
      deadlineSeconds: 0,
      startTime: ms,
      conditions: [{ type: 'Failed', status: 'True', reason: 'r', message: 'm', time: ms }],
      failed: 1,
      succeeded: 2,
    });
  });

  test("has the first container's image where none is called agent", () => {
    expect(projectJob({ spec: { template: { spec: { containers: [{ image: 'x:1' }] } } } }).image).toBe(
      'x:1',
    );
  });
});

describe('a pod, cut down', () => {
  test('belongs to the Job that controls it', () => {
    const owners = [
      { kind: 'ReplicaSet', uid: 'r', controller: true },
      { kind: 'Job', uid: 'other', controller: false },
      { kind: 'Job', uid: 'job', controller: true },
    ];
    expect(projectPod({ metadata: { ownerReferences: owners } }).jobUid).toBe('job');
  });

  test('belongs to the Job of its label when its owner is gone', () => {
    const labels = { 'batch.kubernetes.io/controller-uid': 'job' };
    expect(projectPod({ metadata: { labels } }).jobUid).toBe('job');
    expect(projectPod({}).jobUid).toBe('');
  });

  test.each([
    [
      'waiting',
      { waiting: { reason: 'ErrImagePull', message: 'm' } },
      { kind: 'waiting', reason: 'ErrImagePull', message: 'm' },
    ],
    ['running', { running: { startedAt: time } }, { kind: 'running', startTime: ms }],
    [
      'ended',
      {
        terminated: {
          exitCode: 3,
          signal: 9,
          reason: 'Error',
          message: 'm',
          startedAt: time,
          finishedAt: time,
        },
      },
      {
        kind: 'terminated',
        exitCode: 3,
        signal: 9,
        reason: 'Error',
        message: 'm',
        startTime: ms,
        endTime: ms,
      },
    ],
    [
      'never started',
      { terminated: { exitCode: 128, startedAt: '1970-01-01T00:00:00Z', finishedAt: null } },
      { kind: 'terminated', exitCode: 128, startTime: undefined, endTime: undefined },
    ],
    ['in no state', {}, undefined],
  ])('its agent is %s', (_, state, wanted) => {
    if (wanted === undefined) expect(agent(state).agent).toBeUndefined();
    else expect(agent(state).agent).toMatchObject(wanted);
  });

  test('its agent is not another container', () => {
    expect(
      projectPod({ status: { containerStatuses: [{ name: 'sidecar', state: { running: {} } }] } }).agent,
    ).toBeUndefined();
  });

  test("its agent's container was made, or was not", () => {
    expect(agent({ waiting: {} }, { containerID: 'containerd://x' }).created).toBe(true);
    expect(agent({ waiting: {} }).created).toBe(false);
    expect(projectPod({}).created).toBe(false);
  });

  test('names the init container that failed', () => {
    const statuses = [
      { name: 'a', state: { terminated: { exitCode: 0 } } },
      { name: 'b', state: { terminated: { exitCode: 5, message: 'm', finishedAt: time } } },
    ];
    const view = projectPod({ status: { initContainerStatuses: statuses } });
    expect(view.failedInit).toEqual({ name: 'b', exitCode: 5, message: 'm', endTime: ms });
    expect(
      projectPod({ status: { initContainerStatuses: statuses.slice(0, 1) } }).failedInit,
    ).toBeUndefined();
  });

  test('is gated, or is not', () => {
    expect(projectPod({ spec: { schedulingGates: [{ name: 'g' }] } }).gated).toBe(true);
    expect(projectPod({}).gated).toBe(false);
  });

  test('keeps its grace and its image', () => {
    const view = projectPod({
      metadata: { deletionTimestamp: time, deletionGracePeriodSeconds: 30 },
      status: { containerStatuses: [{ name: 'agent', state: {}, imageID: 'x@sha256:y' }] },
    });
    expect(view).toMatchObject({ deleteTime: ms, deleteGraceSeconds: 30, imageId: 'x@sha256:y' });
  });
});

test('an object has its version', () => {
  expect(jobSeen({ metadata: { resourceVersion: '7' } }).version).toBe('7');
  expect(podSeen({ metadata: { resourceVersion: 7 } }).version).toBe('');
});

test('whatever JSON comes, nothing is thrown', () => {
  const spots = [
    'metadata',
    'spec',
    'status',
    'conditions',
    'containers',
    'template',
    'containerStatuses',
    'initContainerStatuses',
    'state',
    'terminated',
    'ownerReferences',
    'annotations',
    'labels',
    'name',
  ];
  const any = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>(null, undefined, true, 7, 'agent', time),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...spots), tie('value'), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...spots), any.value), (object) => {
      expect(typeof projectJob(object).createTime).toBe('number');
      expect(typeof projectPod(object).createTime).toBe('number');
    }),
    { numRuns: 1_000 },
  );
});
