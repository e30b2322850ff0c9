import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { annotation } from '../../../src/job/metadata.ts';
import type { Stop } from '../../../src/job/stop.ts';
import { createStops } from '../../../src/observe/stops.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { aJob, aPod, at, createCluster, createTime, exited, running } from './cluster.ts';

beforeEach(() => vi.useFakeTimers({ now: createTime }));
afterEach(() => vi.useRealTimers());

const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);

/** A step that runs, and that somebody has asked to stop. */
function start(more: Partial<Stop> = {}) {
  const cluster = createCluster(Date.now);
  const abort = new AbortController();
  const onError = vi.fn();
  const { registry, store } = cluster;
  cluster.reactions.push(createStops({ registry, store, now: Date.now, signal: abort.signal, onError }));
  const stop: Stop = { cause: 'Cancel', reason: '', requestedBy: 'me', time: createTime, ...more };
  cluster.putPod(aPod('job-1', running));
  const annotations = { [annotation.stop]: JSON.stringify(stop) };
  const spec = more.graceSeconds === undefined ? { activeDeadlineSeconds: 0 } : {};
  cluster.put(aJob('job-1', { annotations, spec }));
  return { ...cluster, abort, onError };
}

const told = (graceSeconds: number, version: string) => {
  const pod = aPod('job-1', running, { version });
  const metadata = { deletionTimestamp: at(graceSeconds), deletionGracePeriodSeconds: graceSeconds };
  return { ...pod, metadata: { ...pod.metadata, ...metadata } };
};

test('a pod that the controller tells to stop is left to it', async () => {
  const { calls, putPod } = start();
  await seconds(1);
  putPod(told(30, '500'));
  await seconds(100);
  expect(calls).toEqual([]);
});

test('a pod that nobody tells to stop is told after two seconds', async () => {
  const { calls } = start();
  await seconds(1.9);
  expect(calls).toEqual([]);
  await seconds(0.2);
  expect(calls).toEqual(['delete pod glip-job-1-x within 30 s']);
  await seconds(100);
  expect(calls).toHaveLength(1);
});

const shorter = ['delete pod glip-job-1-x within 5 s', 'patch glip-job-1'];

test('a shorter grace is asked for at once, and the Job is told behind it; each once', async () => {
  const { calls, job } = start({ graceSeconds: 5 });
  await seconds(0.1);
  expect(calls).toEqual(shorter);
  expect(job()?.spec).toMatchObject({ activeDeadlineSeconds: 0, suspend: false });
  await seconds(100);
  expect(calls).toHaveLength(2);
});

test('it is asked for again when the API server does not answer, until the pod has ended', async () => {
  const { calls, failNext, onError, putPod } = start({ graceSeconds: 5 });
  failNext(new Error('no answer'), new Error('no answer'));
  await seconds(0.04);
  expect(calls).toHaveLength(1);
  putPod(aPod('job-1', { ...exited(143), phase: 'Failed' }, { version: '500' }));
  await seconds(100);
  expect(calls).toEqual([shorter[0], shorter[1], shorter[1]]);
  expect(onError).toHaveBeenCalledTimes(2);
});

test('where pods must not be deleted, the Job is told at once', async () => {
  const { calls, failNext, onError, job } = start({ graceSeconds: 5 });
  const message = 'the executor lacks a permission in the cluster: delete pods';
  failNext(new ExecutorError({ code: 'INTERNAL', reason: 'KUBERNETES_FORBIDDEN', message }));
  await seconds(0.04);
  expect(calls.slice(0, 2)).toEqual(shorter);
  expect(job()?.spec).toMatchObject({ activeDeadlineSeconds: 0, suspend: false });
  expect(onError).toHaveBeenCalledTimes(1);
});

test('force waits for the grace and for the word of the node, and then no more', async () => {
  const { calls } = start({ graceSeconds: 5, force: true });
  await seconds(9.9);
  expect(calls).toEqual(shorter);
  await seconds(0.2);
  expect(calls).toEqual([...shorter, 'delete pod glip-job-1-x within 0 s']);
});

test('nothing is asked for once the executor is stopped', async () => {
  const { calls, abort } = start({ force: true });
  abort.abort();
  await seconds(1_000);
  expect(calls).toEqual([]);
});
