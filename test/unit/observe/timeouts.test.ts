import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Graces } from '../../../src/job/graces.ts';
import { annotation } from '../../../src/job/metadata.ts';
import { stopPatch } from '../../../src/job/stop.ts';
import { createTimeouts } from '../../../src/observe/timeouts.ts';
import { agent, aJob, aPod, createCluster, createTime, running } from './cluster.ts';

beforeEach(() => vi.useFakeTimers({ now: createTime }));
afterEach(() => vi.useRealTimers());

function start(graces: Graces = {}) {
  const cluster = createCluster(Date.now, graces);
  const abort = new AbortController();
  const onError = vi.fn();
  const { registry, store } = cluster;
  const deps = { registry, store, now: Date.now, signal: abort.signal, identity: 'executor-1', onError };
  cluster.reactions.push(createTimeouts(deps));
  return { ...cluster, abort, onError };
}

const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);
/** A second more than the timeout: Kubernetes cuts its timestamps. */
const spare = 1;
/** It asks what is there before it writes. */
const fired = (uid: string) => [`list pods of ${uid}`, `get glip-${uid}`, `patch glip-${uid}`];
const pulling = {
  containerStatuses: [{ name: 'agent', state: { waiting: { reason: 'ContainerCreating' } } }],
};

describe('a timeout', () => {
  test('of the queue ends a step that finds no node, with the cause in the same patch', async () => {
    const { put, step, calls, annotation: read, job } = start();
    put(aJob());
    await seconds(60 + spare - 0.001);
    expect(calls).toEqual([]);
    await seconds(0.001);
    expect(calls).toEqual(fired('job-1'));
    expect(job()?.spec).toMatchObject({ activeDeadlineSeconds: 0, suspend: false });
    expect(read(annotation.stop)).toEqual({
      cause: 'QueueTimeout',
      reason: 'No node was found within 60 s.',
      requestedBy: 'executor-1',
      time: Date.now(),
    });
    expect(step()?.state).toBe('CANCELLING');
  });

  test('fires once', async () => {
    const { put, putPod, calls } = start();
    put(aJob());
    await seconds(61);
    putPod(aPod('job-1', {}, { node: '' }));
    await seconds(10_000);
    expect(calls).toEqual(fired('job-1'));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('of the start counts from the node', async () => {
    const { put, putPod, annotation: read } = start();
    put(aJob());
    putPod(aPod('job-1', pulling));
    await seconds(2 + 120 + spare - 0.001);
    expect(read(annotation.stop)).toBeUndefined();
    await seconds(0.001);
    expect(read(annotation.stop)).toMatchObject({
      cause: 'StartTimeout',
      reason: "The agent's process did not start within 120 s of finding a node.",
    });
  });

  test('of the run counts from the start of the process, and is armed anew when the step moves', async () => {
    const { put, putPod, calls, annotation: read } = start();
    put(aJob());
    await seconds(59);
    putPod(aPod('job-1', pulling));
    await seconds(60);
    putPod(aPod('job-1', running, { version: '3' }));
    await seconds(5 + 600 + spare - 119 - 0.001);
    expect(calls).toEqual([]);
    await seconds(0.001);
    expect(read(annotation.stop)).toMatchObject({
      cause: 'RunTimeout',
      reason: 'The agent ran for more than 600 s.',
    });
  });

  test('does not fire for a view of the pods that is behind, or not listed yet', async () => {
    const { put, putPod, step, calls, annotation: read } = start();
    vi.setSystemTime(createTime + 65_000);
    putPod(aPod('job-1', running), false);
    put(aJob());
    expect(step()?.phase).toBe('QUEUED');
    await seconds(0);
    expect(calls).toEqual(['list pods of job-1']);
    expect(read(annotation.stop)).toBeUndefined();
    expect(step()?.state).toBe('RUNNING');
    await seconds(5 + 600 + spare - 65);
    expect(read(annotation.stop)).toMatchObject({ cause: 'RunTimeout' });
  });

  test('does not fire for a pod that came and went unseen: its Job is decided', async () => {
    const { put, calls, annotation: read } = start();
    put(aJob());
    const failure = { type: 'FailureTarget', status: 'True', reason: 'PodFailurePolicy', message: '' };
    put(aJob('job-1', { status: { conditions: [failure] } }), false);
    await seconds(10_000);
    expect(calls).toEqual(['list pods of job-1', 'get glip-job-1']);
    expect(read(annotation.stop)).toBeUndefined();
  });

  test('is a grace, too: the step ends for what it waits for, which the stop says', async () => {
    const { put, putPod, calls, annotation: read, step } = start({ ImageNotFound: 30 });
    put(aJob());
    await seconds(10);
    const waiting = { reason: 'ErrImagePull', message: 'not found' };
    putPod(aPod('job-1', agent({ waiting })));
    await seconds(30 + spare - 0.001);
    expect(calls).toEqual([]);
    await seconds(0.001);
    expect(read(annotation.stop)).toEqual({
      cause: 'WaitingTooLong',
      reason: 'The step was given up after 30 s of ImageNotFound.',
      waiting: {
        reason: 'ImageNotFound',
        message: 'The registry does not have the image agent:1: not found',
      },
      requestedBy: 'executor-1',
      time: Date.now(),
    });
    expect(step()?.state).toBe('CANCELLING');
  });

  test('says what the step waited for', async () => {
    const { put, putPod, annotation: read } = start();
    put(aJob());
    putPod(aPod('job-1', agent({ waiting: { reason: 'CreateContainerError', message: 'm' } })));
    await seconds(300);
    expect(read(annotation.stop)).toMatchObject({
      cause: 'StartTimeout',
      waiting: { reason: 'ContainerCreateFailed', message: 'The container cannot be made: m' },
    });
  });

  test('that is over already when the step is first seen fires at once', async () => {
    const { put, annotation: read } = start();
    vi.setSystemTime(createTime + 3_600_000);
    put(aJob());
    await seconds(0);
    expect(read(annotation.stop)).toMatchObject({ cause: 'QueueTimeout' });
  });

  test('beyond what a timer can hold does not fire early', async () => {
    const { put, calls } = start();
    const month = 30 * 86_400;
    const timeouts = JSON.stringify({ queue: month, start: 1, run: 1, total: month });
    put(aJob('job-1', { annotations: { [annotation.timeouts]: timeouts } }));
    await seconds(2_147_483.647);
    expect(calls).toEqual([]);
    await seconds(month + spare - 2_147_483.647);
    expect(calls).toEqual(fired('job-1'));
  });

  test('does not fire for a step that ended in time', async () => {
    const { put, putPod, calls } = start();
    put(aJob());
    putPod(aPod('job-1', agent({ terminated: { exitCode: 0, startedAt: '2026-11-23T12:00:05Z' } })));
    await seconds(10_000);
    expect(calls).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not fire for a step that is cancelled', async () => {
    const { put, registry, calls, job, annotation: read } = start();
    put(aJob());
    const cancel = { cause: 'Cancel' as const, reason: '', requestedBy: 'me', time: Date.now() };
    put({
      ...job()!,
      metadata: {
        ...job()!.metadata,
        annotations: { ...job()!.metadata.annotations, [annotation.stop]: JSON.stringify(cancel) },
      },
    });
    await seconds(10_000);
    expect(calls).toEqual([]);
    expect(read(annotation.stop)).toEqual(cancel);
    expect(registry.byJob('job-1')?.state).toBe('CANCELLING');
  });

  test('does not fire without timeouts that can be read', async () => {
    const { put, calls } = start();
    put(aJob('job-1', { annotations: { [annotation.timeouts]: '{"queue":"soon"}' } }));
    await seconds(100_000);
    expect(calls).toEqual([]);
  });

  test('that loses the race against a cancel takes that for what it is', async () => {
    const { put, store, step, calls, annotation: read } = start();
    put(aJob());
    const cancel = { cause: 'Cancel' as const, reason: 'enough', requestedBy: 'me', time: 1 };
    const { getJob, patchJob } = store;
    let reads = 0;
    store.getJob = async (...what) => {
      const job = await getJob(...what);
      if (reads++ === 0)
        await patchJob('glip-acme', 'glip-job-1', stopPatch({ uid: 'job-1' }, cancel), what[2], 'cancel');
      return job;
    };
    await seconds(61);
    expect(calls).toEqual([...fired('job-1'), 'patch glip-job-1', 'get glip-job-1']);
    expect(read(annotation.stop)).toEqual(cancel);
    expect(step()).toMatchObject({ state: 'CANCELLING', cancellation: { reason: 'enough' } });
    await seconds(10_000);
    expect(calls).toHaveLength(5);
  });

  test('of a Job that is gone by now is no error', async () => {
    const { put, remove, onError, calls } = start();
    put(aJob());
    remove();
    await seconds(100_000);
    expect(calls).toEqual(['list pods of job-1', 'get glip-job-1']);
    expect(onError).not.toHaveBeenCalled();
  });

  test('is tried again while the API server fails', async () => {
    const { put, failNext, onError, annotation: read } = start();
    put(aJob());
    failNext(new Error('503'));
    await seconds(61);
    expect(read(annotation.stop)).toBeUndefined();
    await seconds(1);
    expect(read(annotation.stop)).toMatchObject({ cause: 'QueueTimeout' });
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(Error), expect.stringContaining('job-1'));
  });

  test('does not fire for what has moved on while the API server failed', async () => {
    const { put, putPod, failNext, calls } = start();
    put(aJob());
    failNext(new Error('503'));
    await seconds(61);
    putPod(aPod('job-1', running));
    await seconds(10);
    expect(calls).toEqual(['list pods of job-1']);
  });

  test('of a Job whose stop was damaged by hand fires all the same', async () => {
    const { put, calls, annotation: read } = start();
    put(aJob('job-1', { annotations: { [annotation.stop]: 'not JSON' } }));
    await seconds(61 + 60);
    expect(calls).toEqual([...fired('job-1'), 'get glip-job-1', 'patch glip-job-1']);
    expect(read(annotation.stop)).toMatchObject({ cause: 'QueueTimeout' });
  });

  test('of an executor that stops does not fire', async () => {
    const { put, putPod, abort, calls } = start();
    put(aJob());
    put(aJob('job-2'));
    abort.abort(new Error('stopped'));
    putPod(aPod('job-1', pulling));
    expect(vi.getTimerCount()).toBe(0);
    await seconds(10_000);
    expect(calls).toEqual([]);
  });

  test('each step has its own', async () => {
    const { put, putPod, calls } = start();
    put(aJob('job-1'));
    await seconds(30);
    put(aJob('job-2'));
    putPod(aPod('job-2', pulling));
    await seconds(31);
    expect(calls).toEqual(fired('job-1'));
    await seconds(2 + 120 + spare - 61);
    expect(calls).toEqual([...fired('job-1'), ...fired('job-2')]);
  });
});
