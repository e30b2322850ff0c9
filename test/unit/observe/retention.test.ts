import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { annotation, retainFinalizer } from '../../../src/job/metadata.ts';
import { createRetention } from '../../../src/observe/retention.ts';
import { createSettler } from '../../../src/observe/settler.ts';
import { aJob, aPod, createCluster, createTime, exited, running } from './cluster.ts';

beforeEach(() => vi.useFakeTimers({ now: createTime }));
afterEach(() => vi.useRealTimers());

function start() {
  const cluster = createCluster(Date.now);
  const abort = new AbortController();
  const onError = vi.fn();
  const { registry, store } = cluster;
  const deps = { registry, store, now: Date.now, signal: abort.signal, onError };
  const retention = createRetention(deps);
  cluster.reactions.push(createSettler({ ...deps, onUnrecorded: vi.fn() }), retention.onVerdict);
  const finalizers = () => (cluster.job()?.metadata as { finalizers?: string[] } | undefined)?.finalizers;
  return { ...cluster, abort, onError, retention, finalizers };
}

const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);
const held = (bound = '60', more: Parameters<typeof aJob>[1] = {}) =>
  aJob('job-1', {
    annotations: { [annotation.retain]: bound },
    finalizers: ['x.io/y', retainFinalizer],
    ...more,
  });
/** The agent ends at 9 s. */
const over = aPod('job-1', exited(0), { version: '3' });

describe('the record of a step', () => {
  test('is held until its time after the end is over', async () => {
    const { put, putPod, step, finalizers, retention } = start();
    put(held());
    putPod(aPod('job-1', running));
    await seconds(1_000);
    expect(retention.size()).toBe(1);
    expect(finalizers()).toContain(retainFinalizer);
    putPod(over);
    vi.setSystemTime(createTime + 9_000);
    await seconds(59.9);
    expect(step()?.state).toBe('SUCCEEDED');
    expect(finalizers()).toEqual(['x.io/y', retainFinalizer]);
    await seconds(0.2);
    expect(finalizers()).toEqual(['x.io/y']);
    expect(retention.size()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is let go at once when its time was over before this executor began', async () => {
    const { put, putPod, finalizers } = start();
    vi.setSystemTime(createTime + 10 * 86_400_000);
    putPod(over, false);
    put(held('86400'));
    putPod(over);
    await seconds(0.1);
    expect(finalizers()).toEqual(['x.io/y']);
  });

  test('of a step that is not over is not let go, however long it takes', async () => {
    const { put, putPod, finalizers, retention } = start();
    put(held('1'));
    putPod(aPod('job-1', running));
    await seconds(2_000_000);
    expect(finalizers()).toContain(retainFinalizer);
    expect(retention.size()).toBe(1);
  });

  test('whose bound nobody can read any more is held for the longest time', async () => {
    const { put, putPod, finalizers } = start();
    put(held('for ever'));
    putPod(over);
    await seconds(7 * 86_400 - 10);
    expect(finalizers()).toContain(retainFinalizer);
    await seconds(30);
    expect(finalizers()).toEqual(['x.io/y']);
  });

  test('is let go although somebody has moved the finalizer, and the API server fails in between', async () => {
    const { put, putPod, finalizers, failNext, onError, job } = start();
    put(held('60'));
    putPod(over);
    await seconds(30);
    // Nobody told this executor of it.
    (job()?.metadata as unknown as { finalizers: string[] }).finalizers = [retainFinalizer, 'x.io/y'];
    failNext(new Error('500'));
    await seconds(120);
    expect(finalizers()).toEqual(['x.io/y']);
    expect(onError).toHaveBeenCalledOnce();
  });

  test('that is acknowledged elsewhere is not let go twice', async () => {
    const { put, putPod, calls, retention } = start();
    put(held());
    putPod(over);
    await seconds(30);
    const { metadata } = held();
    put(aJob('job-1', { annotations: metadata.annotations }));
    const before = calls.length;
    await seconds(120);
    expect(calls.length).toBe(before);
    expect(retention.size()).toBe(0);
  });

  test('is forgotten with its Job', async () => {
    const { put, putPod, registry, retention } = start();
    put(held());
    putPod(over);
    await seconds(1);
    registry.apply({ kind: 'job-gone', jobUid: 'job-1' });
    expect(retention.size()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('stops waiting with the executor', async () => {
    const { put, putPod, abort, finalizers } = start();
    put(held());
    putPod(over);
    await seconds(1);
    abort.abort();
    expect(vi.getTimerCount()).toBe(0);
    await seconds(120);
    expect(finalizers()).toContain(retainFinalizer);
  });
});

describe('a held Job that was deleted', () => {
  const deletionTimestamp = new Date(createTime + 20_000).toISOString();

  test('ends its step when no pod is left, although the Job is there', async () => {
    const { put, step, annotation: read, finalizers } = start();
    put(held('60', { deletionTimestamp }));
    await seconds(1);
    expect(step()).toMatchObject({ state: 'FAILED', outcome: { reason: 'JobDeleted' } });
    expect(read(annotation.record)).toMatchObject({ end: { state: 'FAILED' } });
    expect(finalizers()).toContain(retainFinalizer);
    await seconds(120);
    expect(finalizers()).toEqual(['x.io/y']);
  });

  test('stops its pod, once, and does not end its step before that has ended', async () => {
    const { put, putPod, step, job, calls } = start();
    put(held('60'));
    putPod(aPod('job-1', running));
    await seconds(1);
    expect(job()?.spec).toMatchObject({ activeDeadlineSeconds: 1_000 });
    put(held('60', { deletionTimestamp }));
    await seconds(5);
    expect(job()?.spec).toMatchObject({ activeDeadlineSeconds: 0, suspend: false });
    expect(step()?.state).toBe('RUNNING');
    put(held('60', { deletionTimestamp, spec: { activeDeadlineSeconds: 0 } }));
    await seconds(5);
    expect(calls.filter((call) => call.startsWith('patch'))).toHaveLength(1);
    const killed = aPod('job-1', { ...exited(143), phase: 'Failed' }, { version: '4' });
    putPod({ ...killed, metadata: { ...killed.metadata, deletionTimestamp } });
    const status = { conditions: [{ type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded' }] };
    put(held('60', { deletionTimestamp, status, spec: { activeDeadlineSeconds: 0 } }));
    await seconds(1);
    expect(step()).toMatchObject({ state: 'FAILED', outcome: { reason: 'JobDeleted' } });
  });

  test('of which our finalizer is gone is none: it will be gone by itself', async () => {
    const { put, step } = start();
    put(aJob('job-1', { finalizers: ['x.io/y'], deletionTimestamp }));
    await seconds(5);
    expect(step()?.state).toBe('PENDING');
  });
});
