import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { annotation, startGate } from '../../../src/job/metadata.ts';
import { createStartOnce } from '../../../src/observe/start-once.ts';
import { aJob, aPod, createCluster, createTime } from './cluster.ts';

beforeEach(() => vi.useFakeTimers({ now: createTime }));
afterEach(() => vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);
const gates = [{ name: 'example.com/x' }, { name: startGate }];
const template = { spec: { schedulingGates: gates, containers: [{ name: 'agent', image: 'agent:1' }] } };
const gatedJob = (annotations: object = {}) => aJob('job-1', { spec: { template }, annotations });
const gatedPod = () => ({ ...aPod(), spec: { schedulingGates: structuredClone(gates) } });

function start() {
  const cluster = createCluster(Date.now);
  const abort = new AbortController();
  const onError = vi.fn();
  const { registry, store, reactions } = cluster;
  reactions.push(createStartOnce({ registry, store, signal: abort.signal, onError }));
  const pods = () => store.listPods('glip-acme', 'job-1', abort.signal);
  const gatesLeft = async () => {
    const [pod] = (await pods()) as unknown as ReturnType<typeof gatedPod>[];
    return pod?.spec.schedulingGates.map((g) => g.name);
  };
  return { ...cluster, abort, onError, gatesLeft };
}

const writes = (calls: readonly string[]) => calls.filter((c) => c.startsWith('patch'));

describe('the one pod', () => {
  test('is chosen on the Job, and opened then', async () => {
    const { put, putPod, calls, gatesLeft, job } = start();
    put(gatedJob());
    putPod(gatedPod());
    await settle();
    expect(writes(calls)).toEqual(['patch glip-job-1', 'patch pod glip-job-1-x']);
    expect(job()?.metadata.annotations[annotation.chosenPod]).toBe('pod-of-job-1');
    expect(await gatesLeft()).toEqual(['example.com/x']);
  });

  test('is opened by whoever finds it chosen: an executor that was killed in between left it so', async () => {
    const { put, putPod, calls, gatesLeft } = start();
    put(gatedJob({ [annotation.chosenPod]: 'pod-of-job-1' }));
    putPod(gatedPod());
    await settle();
    expect(writes(calls)).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(writes(calls)).toEqual(['patch pod glip-job-1-x']);
    expect(await gatesLeft()).toEqual(['example.com/x']);
  });

  test('is another’s choice when that was faster: nothing is opened here', async () => {
    const { put, putPod, calls, gatesLeft } = start();
    put(gatedJob());
    put(gatedJob({ [annotation.chosenPod]: 'another' }), false);
    putPod(gatedPod());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(writes(calls)).toEqual(['patch glip-job-1']);
    expect(await gatesLeft()).toContain(startGate);
  });

  test('stays closed when the step was stopped meanwhile', async () => {
    const { put, putPod, calls, gatesLeft } = start();
    put(gatedJob());
    const stop = { cause: 'Cancel', reason: '', requestedBy: 'me', time: createTime };
    put(gatedJob({ [annotation.stop]: JSON.stringify(stop) }), false);
    putPod(gatedPod());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(writes(calls)).toEqual(['patch glip-job-1']);
    expect(await gatesLeft()).toContain(startGate);
  });

  test('is opened where its gates have moved since they were seen', async () => {
    const { put, putPod, calls, gatesLeft, onError } = start();
    put(gatedJob({ [annotation.chosenPod]: 'pod-of-job-1' }));
    putPod(gatedPod());
    const { metadata } = gatedPod();
    const moved = { schedulingGates: [{ name: startGate }] };
    putPod({ ...gatedPod(), metadata: { ...metadata, resourceVersion: '9' }, spec: moved }, false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(writes(calls)).toEqual(['patch pod glip-job-1-x', 'patch pod glip-job-1-x']);
    expect(await gatesLeft()).toEqual([]);
    expect(onError).not.toHaveBeenCalled();
  });

  test('is tried again when the API server does not answer', async () => {
    const { put, putPod, failNext, onError, gatesLeft } = start();
    failNext(new Error('down'), new Error('down'));
    put(gatedJob());
    putPod(gatedPod());
    await vi.advanceTimersByTimeAsync(2_000);
    expect(onError).toHaveBeenCalledTimes(2);
    expect(await gatesLeft()).toEqual(['example.com/x']);
  });
});
