import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEventReader } from '../../../src/observe/event-reader.ts';
import { agent, aJob, aPod, createCluster, createTime, exited, running } from './cluster.ts';

beforeEach(() => vi.useFakeTimers({ now: createTime }));
afterEach(() => vi.useRealTimers());

function start() {
  const cluster = createCluster(Date.now);
  const abort = new AbortController();
  const onError = vi.fn();
  const { registry, store } = cluster;
  cluster.reactions.push(createEventReader({ registry, store, signal: abort.signal, onError }));
  return { ...cluster, abort, onError };
}

const seconds = (n: number) => vi.advanceTimersByTimeAsync(Math.round(n * 1_000));
const event = (uid: string, reason: string, message: string, more: object = {}) => ({
  metadata: {
    uid: `${uid}-${reason}`,
    namespace: 'glip-acme',
    resourceVersion: '5',
    creationTimestamp: '2026-11-23T12:00:03Z',
  },
  involvedObject: { uid },
  type: 'Warning',
  reason,
  message,
  ...more,
});
/** A second behind its node. */
const startedSoon = agent({ running: { startedAt: new Date(createTime + 3_000).toISOString() } });
const creating = agent({ waiting: { reason: 'ContainerCreating' } });
const missing = event('pod-of-job-1', 'FailedMount', 'configmap "x" not found', { count: 3 });

describe('a step without a pod', () => {
  test('is explained after a second', async () => {
    const { put, putEvents, calls, step } = start();
    put(aJob());
    putEvents(
      'job-1',
      event('job-1', 'FailedCreate', 'exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'),
    );
    await seconds(0.99);
    expect(calls).toEqual([]);
    await seconds(0.01);
    expect(calls).toEqual(['list Events of job-1']);
    expect(step()?.waiting?.reason).toBe('QuotaExceeded');
  });

  test('is looked at again after growing pauses, as long as it has none', async () => {
    const { put, putPod, calls } = start();
    put(aJob());
    for (const [upTo, looks] of [
      [1, 1],
      [5.9, 1],
      [6, 2],
      [20.9, 2],
      [21, 3],
      [51, 4],
      [111, 5],
      [171, 6],
    ] as const) {
      await seconds(upTo - (Date.now() - createTime) / 1_000);
      expect(calls.length, `after ${upTo} s`).toBe(looks);
    }
    putPod(aPod('job-1', startedSoon));
    await seconds(600);
    expect(calls.length).toBe(6);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is not looked at when the pod comes in time', async () => {
    const { put, putPod, calls } = start();
    put(aJob());
    await seconds(0.5);
    putPod(aPod('job-1', startedSoon));
    await seconds(600);
    expect(calls).toEqual([]);
  });
});

test('a step whose container is not made is explained after two seconds, by the Events of its pod', async () => {
  const { put, putPod, putEvents, calls, step } = start();
  put(aJob());
  putPod(aPod('job-1', creating));
  putEvents('pod-of-job-1', missing);
  await seconds(1.9);
  expect(calls).toEqual([]);
  await seconds(0.1);
  expect(calls).toEqual(['list Events of pod-of-job-1']);
  expect(step()?.waiting?.reason).toBe('ConfigMapMissing');
  await seconds(5);
  expect(calls.length).toBe(2);
});

test('a step that is held up is looked at once', async () => {
  const { put, putPod, calls } = start();
  put(aJob());
  putPod(aPod('job-1', agent({ waiting: { reason: 'ErrImagePull', message: 'not found' } })));
  await seconds(600);
  expect(calls).toEqual(['list Events of pod-of-job-1']);
});

test('a step whose start took long is looked at once: its Events say when the image was pulled', async () => {
  const { put, putPod, calls } = start();
  put(aJob());
  putPod(aPod('job-1', running));
  await seconds(600);
  expect(calls).toEqual(['list Events of pod-of-job-1']);
});

test('a step that has ended is not looked at', async () => {
  const { put, putPod, calls } = start();
  put(aJob());
  putPod(aPod('job-1', exited(0)));
  await seconds(600);
  expect(calls).toEqual([]);
});

test('a refusal is reported once, and the step is asked for again', async () => {
  const { put, failNext, putEvents, calls, onError, step } = start();
  failNext(
    new Error('events is forbidden'),
    new Error('events is forbidden'),
    new Error('events is forbidden'),
  );
  put(aJob('job-1'));
  put(aJob('job-2'));
  await seconds(2);
  expect(calls.length).toBe(2);
  expect(onError).toHaveBeenCalledOnce();
  putEvents('job-2', event('job-2', 'FailedCreate', 'pods "x" is forbidden: no'));
  await seconds(5);
  expect(onError).toHaveBeenCalledOnce();
  expect(step('job-2')?.waiting?.reason).toBe('AdmissionRefused');
  failNext(new Error('again'));
  await seconds(15);
  expect(onError).toHaveBeenCalledTimes(2);
});

test('nothing is asked after the end', async () => {
  const { put, abort, calls } = start();
  put(aJob());
  abort.abort();
  put(aJob('job-2'));
  await seconds(600);
  expect(calls).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
