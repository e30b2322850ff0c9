import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { annotation } from '../../../src/job/metadata.ts';
import { createNotes } from '../../../src/observe/notes.ts';
import { createSettler } from '../../../src/observe/settler.ts';
import { createSidecarStop } from '../../../src/observe/sidecar-stop.ts';
import {
  agent,
  aJob,
  aPod,
  at,
  createCluster,
  createTime,
  exited,
  mostAnnotationBytes,
  running,
} from './cluster.ts';

beforeEach(() => vi.useFakeTimers({ now: createTime }));
afterEach(() => vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

function start() {
  const cluster = createCluster(Date.now);
  const abort = new AbortController();
  const onError = vi.fn();
  const { registry, store, reactions } = cluster;
  const common = { registry, store, now: Date.now, signal: abort.signal, onError };
  reactions.push(
    createSettler({ ...common, onUnrecorded: vi.fn() }),
    createNotes(common),
    createSidecarStop({ ...common, graceMs: 30_000 }),
  );
  return { ...cluster, abort, onError };
}

const policy = {
  rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
};
const preempted = {
  phase: 'Failed',
  conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: 'm' }],
  containerStatuses: [
    {
      name: 'agent',
      containerID: 'c',
      state: {
        terminated: { exitCode: 137, startedAt: '2026-11-23T12:00:05Z', finishedAt: '2026-11-23T12:00:09Z' },
      },
    },
  ],
};

describe('a pod that was replaced', () => {
  test('stands on the Job before the next life is told', async () => {
    const { put, putPod, step, calls, annotation: read } = start();
    put(aJob('job-1', { spec: { podFailurePolicy: policy } }));
    putPod(aPod('job-1', running));
    putPod(aPod('job-1', preempted, { version: '3' }));
    expect(step()).toMatchObject({ incarnation: 0, state: 'RUNNING' });
    expect(calls).toEqual(['patch glip-job-1']);
    await settle();
    expect(step()).toMatchObject({ incarnation: 1, phase: 'QUEUED', state: 'PENDING' });
    expect(read(annotation.history)).toMatchObject({
      incarnation: 1,
      reason: 'Preempted',
      pods: ['pod-of-job-1'],
    });
    expect(step()?.timeline.map((t) => [t.incarnation, t.phase])).toEqual([
      [0, 'QUEUED'],
      [0, 'SCHEDULING'],
      [0, 'PULLING_IMAGE'],
      [0, 'RUNNING'],
      [1, 'QUEUED'],
    ]);
    expect(calls).toEqual(['patch glip-job-1']);
  });

  test('is passed over where others have filled the Job: the end of its successor is told', async () => {
    const { put, putPod, step, onError } = start();
    const filler = 'x'.repeat(mostAnnotationBytes - 300);
    put(aJob('job-1', { spec: { podFailurePolicy: policy }, annotations: { filler } }));
    putPod(aPod('job-1', running));
    putPod(aPod('job-1', preempted, { version: '3' }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(step()).toMatchObject({ incarnation: 0, state: 'RUNNING' });
    const { metadata, ...rest } = aPod('job-1', { ...exited(0), phase: 'Succeeded' }, { version: '4' });
    putPod({ ...rest, metadata: { ...metadata, uid: 'successor', creationTimestamp: at(20) } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(step()).toMatchObject({ incarnation: 0, state: 'SUCCEEDED', pod: { uid: 'successor' } });
    expect(step()?.observations).toEqual([expect.stringMatching(/could not be recorded .* its own words/)]);
    expect(onError).not.toHaveBeenCalled();
  });
});

describe('what comes after the end', () => {
  test('is noted on the Job, once, and shown', async () => {
    const { put, putPod, step, calls, annotation: read } = start();
    put(aJob());
    putPod(
      aPod('job-1', {
        ...exited(137),
        containerStatuses: [
          {
            name: 'agent',
            containerID: 'c',
            state: { terminated: { exitCode: 0, reason: 'OOMKilled', startedAt: '2026-11-23T12:00:05Z' } },
          },
        ],
      }),
    );
    await settle();
    expect(step()).toMatchObject({ state: 'FAILED', outcome: { reason: 'OOMKilled' }, observations: [] });
    const stored = { [annotation.record]: JSON.stringify(read(annotation.record)) };
    put(
      aJob('job-1', { annotations: stored, status: { conditions: [{ type: 'Complete', status: 'True' }] } }),
      true,
    );
    await settle();
    expect(step()?.observations).toHaveLength(1);
    expect(read(annotation.observations)).toEqual(step()?.observations);
    expect(calls).toEqual(['list Events of pod-of-job-1', 'patch glip-job-1', 'patch glip-job-1']);
  });
});

describe('a sidecar that goes on', () => {
  const sidecar = { name: 'proxy', state: { running: { startedAt: '2026-11-23T12:00:05Z' } } };
  const beside = { ...exited(0), containerStatuses: [...exited(0).containerStatuses, sidecar] };

  test('is given its grace, and then stopped with its pod; the end stays what it was', async () => {
    const { put, putPod, step, job } = start();
    put(aJob());
    putPod(aPod('job-1', beside));
    await settle();
    expect(step()?.state).toBe('SUCCEEDED');
    // The agent ended in second 9.
    await vi.advanceTimersByTimeAsync(38_999);
    expect(job('job-1')?.spec.activeDeadlineSeconds).toBe(1_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(job('job-1')?.spec.activeDeadlineSeconds).toBe(0);
    expect(step()?.state).toBe('SUCCEEDED');
  });

  test('is left alone when the pod ends by itself', async () => {
    const { put, putPod, job, calls } = start();
    put(aJob());
    putPod(aPod('job-1', beside));
    await settle();
    putPod(
      aPod(
        'job-1',
        { ...agent(exited(0).containerStatuses[0]!.state), phase: 'Succeeded' },
        { version: '7' },
      ),
    );
    await vi.advanceTimersByTimeAsync(100_000);
    expect(job('job-1')?.spec.activeDeadlineSeconds).toBe(1_000);
    expect(calls).toEqual(['patch glip-job-1']);
  });
});
