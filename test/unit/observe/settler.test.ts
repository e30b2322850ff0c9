import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { annotation } from '../../../src/job/metadata.ts';
import { jobSeen, podSeen } from '../../../src/job/project.ts';
import { readRecord, recordPatch } from '../../../src/job/record.ts';
import { createSettler } from '../../../src/observe/settler.ts';
import { agent, aJob, aPod, at, createCluster, exited, mostAnnotationBytes, running } from './cluster.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const failedJob = (reason: string, counts: object = {}) => ({
  status: { conditions: [{ type: 'Failed', status: 'True', reason, message: '' }], ...counts },
});

/** Of a Job whose lost pods are replaced. */
const replacing = {
  podFailurePolicy: {
    rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }],
  },
};
/** What stands on it when one was. */
const secondLife = JSON.stringify({
  version: 1,
  incarnation: 1,
  reason: 'Evicted',
  message: '',
  pods: ['another'],
  timeline: [],
});

function start() {
  const cluster = createCluster();
  const abort = new AbortController();
  const onError = vi.fn();
  const onUnrecorded = vi.fn();
  const { registry, store } = cluster;
  cluster.reactions.push(
    createSettler({ registry, store, now: Date.now, signal: abort.signal, onError, onUnrecorded }),
  );
  return { ...cluster, abort, onError, onUnrecorded };
}

/** Lets everything happen that needs no time. */
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('an end', () => {
  test('stands on the Job before it is told', async () => {
    const { put, putPod, step, calls, annotation: read } = start();
    put(aJob());
    putPod(aPod('job-1', exited(0)));
    expect(step()?.state).toBe('RUNNING');
    expect(calls).toEqual(['patch glip-job-1']);
    expect(read(annotation.record)).toBeUndefined();
    await settle();
    expect(read(annotation.record)).toMatchObject({ version: 1, end: { state: 'SUCCEEDED' } });
    expect(step()).toMatchObject({ state: 'SUCCEEDED', outcome: { exitCode: 0 } });
    expect(step()?.timeline.map((t) => t.phase)).toEqual([
      'QUEUED',
      'SCHEDULING',
      'PULLING_IMAGE',
      'RUNNING',
      'FINISHED',
    ]);
  });

  test('is recorded by one patch, however often it is seen', async () => {
    const { put, putPod, calls } = start();
    put(aJob());
    for (const version of ['2', '3', '4']) putPod(aPod('job-1', exited(0), { version }));
    await settle();
    putPod(aPod('job-1', exited(0), { version: '5' }));
    await settle();
    expect(calls).toEqual(['patch glip-job-1']);
  });

  test('is what another replica wrote first', async () => {
    const { put, putPod, step, store, calls } = start();
    put(aJob());
    putPod(aPod('job-1', running));
    const theirs = {
      end: {
        state: 'CANCELLED' as const,
        outcome: {
          reason: 'Cancelled',
          message: '',
          exitMeaning: '',
          mayHaveStarted: true,
          agentReportJson: '',
        },
        time: 1,
        incarnation: 0,
      },
      timeline: [],
      image: 'agent:1',
    };
    await store.patchJob(
      'glip-acme',
      'glip-job-1',
      recordPatch('job-1', theirs),
      AbortSignal.timeout(1_000),
      'create',
    );
    putPod(aPod('job-1', exited(0), { version: '3' }));
    await settle();
    expect(step()?.state).toBe('CANCELLED');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual(['patch glip-job-1', 'patch glip-job-1', 'get glip-job-1']);
  });

  test('is not recorded of a life that is over by now, but of the next one', async () => {
    const { put, putPod, job, step, annotation: read } = start();
    put(aJob('job-1', { spec: replacing }));
    job()!.metadata.annotations[annotation.history] = secondLife;
    putPod(aPod('job-1', exited(0)));
    await settle();
    expect(read(annotation.record)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(read(annotation.record)).toMatchObject({ end: { state: 'SUCCEEDED', incarnation: 1 } });
    expect(step()).toMatchObject({ state: 'SUCCEEDED', incarnation: 1 });
  });

  test('of a Job that has lost its lives to somebody is recorded and told of the life that was told last', async () => {
    const { put, putPod, job, step, annotation: read } = start();
    put(aJob('job-1', { spec: replacing, annotations: { [annotation.history]: secondLife } }));
    putPod(aPod('job-1', running));
    expect(step()).toMatchObject({ state: 'RUNNING', incarnation: 1 });
    put(aJob('job-1', { spec: replacing }));
    putPod(aPod('job-1', exited(0), { version: '9' }));
    await settle();
    expect(read(annotation.record)).toMatchObject({ end: { state: 'SUCCEEDED', incarnation: 1 } });
    expect(readRecord(job()?.metadata.annotations[annotation.record])).toBeDefined();
    expect(step()).toMatchObject({ state: 'SUCCEEDED', incarnation: 1 });
  });

  test('of a Job that is gone by now is told without a record', async () => {
    const { put, putPod, remove, registry, step } = start();
    put(aJob());
    const log = registry.log(registry.byJob('job-1')!.key);
    remove();
    putPod(aPod('job-1', exited(3)));
    await settle();
    expect(log?.current).toMatchObject({ state: 'FAILED', outcome: { exitCode: 3 } });
    expect(step()).toBeUndefined();
  });

  test('of a Job whose name another one has by now is told, and the other one left alone', async () => {
    const { put, putPod, remove, registry, job } = start();
    put(aJob());
    const log = registry.log(registry.byJob('job-1')!.key);
    remove();
    const other = aJob('job-2');
    other.metadata.name = 'glip-job-1';
    put(other, false);
    putPod(aPod('job-1', exited(0)));
    await settle();
    expect(log?.current.state).toBe('SUCCEEDED');
    expect(job('job-2')?.metadata.annotations).not.toHaveProperty(annotation.record);
  });

  test('is tried again while the API server fails, and told once', async () => {
    const { put, putPod, step, failNext, onError, calls } = start();
    failNext(new Error('503'), new Error('timeout'));
    put(aJob());
    putPod(aPod('job-1', exited(0)));
    await settle();
    expect(step()?.state).toBe('RUNNING');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(step()?.state).toBe('SUCCEEDED');
    expect(calls).toHaveLength(3);
    expect(onError.mock.calls.map(([error]) => String(error))).toEqual(['Error: 503', 'Error: timeout']);
    expect(onError.mock.calls[0]?.[1]).toContain('job-1');
  });

  test('is not recorded any more when the executor stops', async () => {
    const { put, putPod, failNext, abort, calls } = start();
    failNext(new Error('503'));
    put(aJob());
    putPod(aPod('job-1', exited(0)));
    await settle();
    abort.abort(new Error('stopped'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that the objects take back is not recorded', async () => {
    const { put, putPod, failNext, calls, registry } = start();
    failNext(new Error('503'));
    put(aJob());
    putPod(aPod('job-1', exited(0)));
    await settle();
    registry.apply({ kind: 'job-gone', jobUid: 'job-1' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toHaveLength(1);
  });
});

describe('many ends at once', () => {
  const uids = Array.from({ length: 200 }, (_, n) => `job-${n}`);

  test.each([
    ['proposed', {}],
    ['resting on absence', failedJob('DeadlineExceeded')],
  ])('%s are told with few calls under way, and without a complaint', async (_, more) => {
    const { put, putPod, store, step, onError } = start();
    const { patchJob, listPods } = store;
    let most = 0;
    let running = 0;
    const counted =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return call(...args).finally(() => (running -= 1));
      };
    Object.assign(store, { patchJob: counted(patchJob), listPods: counted(listPods) });
    for (const uid of uids) {
      put(aJob(uid, more));
      if (!('status' in more)) putPod(aPod(uid, exited(0)));
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(uids.filter((uid) => !['SUCCEEDED', 'TIMED_OUT'].includes(step(uid)?.state ?? ''))).toEqual([]);
    expect(most).toBe(16);
    expect(onError).not.toHaveBeenCalled();
  });

  test('hold up those of no other tenant', async () => {
    const { put, putPod, store, calls } = start();
    const { patchJob } = store;
    const gate = Promise.withResolvers<void>();
    store.patchJob = (...args) => gate.promise.then(() => patchJob(...args));
    const quiet = { annotations: { [annotation.key]: '["quiet","run","step",0]' } };
    for (const [uid, more] of [...uids.map((uid) => [uid, {}] as const), ['job-of-quiet', quiet] as const]) {
      put(aJob(uid, more));
      putPod(aPod(uid, exited(0)));
    }
    gate.resolve();
    await settle();
    expect(calls).toHaveLength(uids.length + 1);
    // Behind the sixteen that had their turn, and one that waited before.
    expect(calls.indexOf('patch glip-job-of-quiet')).toBeLessThanOrEqual(17);
  });

  test('that wait are looked at again when their turn comes', async () => {
    const { put, putPod, store, calls, registry } = start();
    const { patchJob } = store;
    const gate = Promise.withResolvers<void>();
    store.patchJob = (...args) => gate.promise.then(() => patchJob(...args));
    for (const uid of uids) {
      put(aJob(uid));
      putPod(aPod(uid, exited(0)));
    }
    registry.apply({ kind: 'job-gone', jobUid: 'job-100' });
    gate.resolve();
    await settle();
    expect(calls).toHaveLength(uids.length - 1);
    expect(calls).not.toContain('patch glip-job-100');
  });
});

describe('an end that rests on absence', () => {
  test('is confirmed by one consistent list', async () => {
    const { put, step, calls } = start();
    put(aJob('job-1', failedJob('DeadlineExceeded')));
    expect(step()?.state).toBe('PENDING');
    await settle();
    expect(calls).toEqual(['list pods of job-1', 'list Events of job-1', 'patch glip-job-1']);
    expect(step()).toMatchObject({ state: 'TIMED_OUT', outcome: { mayHaveStarted: false } });
  });

  test('is dropped for what the list shows', async () => {
    const { put, putPod, step, calls } = start();
    putPod(aPod('job-1', exited(3)), false);
    put(aJob('job-1', failedJob('PodFailurePolicy', { failed: 1 })));
    await settle();
    expect(calls).toEqual(['list pods of job-1', 'list Events of pod-of-job-1', 'patch glip-job-1']);
    expect(step()).toMatchObject({ state: 'FAILED', outcome: { exitCode: 3, reason: 'ChecksumMismatch' } });
  });

  test('waits for a pod that the list shows alive', async () => {
    const { put, putPod, step, calls } = start();
    putPod(aPod('job-1', running), false);
    put(aJob('job-1', failedJob('DeadlineExceeded')));
    await settle();
    expect(calls).toEqual(['list pods of job-1']);
    expect(step()?.state).toBe('RUNNING');
    const killed = agent({
      terminated: { exitCode: 137, reason: 'Error', startedAt: null, finishedAt: null },
    });
    putPod(aPod('job-1', { ...killed, phase: 'Failed' }, { version: '9' }));
    await settle();
    expect(step()?.state).toBe('FAILED');
  });

  test('is tried again while the list fails', async () => {
    const { put, step, failNext, onError } = start();
    failNext(new Error('503'));
    put(aJob('job-1', failedJob('DeadlineExceeded')));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(step()?.state).toBe('TIMED_OUT');
    expect(onError).toHaveBeenCalledOnce();
  });

  test('of a Job that somebody deleted is told without a record', async () => {
    const { put, registry, calls } = start();
    put(aJob());
    const log = registry.log(registry.byJob('job-1')!.key);
    registry.apply({ kind: 'job-gone', jobUid: 'job-1' });
    await settle();
    expect(calls).toEqual(['list pods of job-1']);
    expect(log?.current.outcome).toMatchObject({ reason: 'JobDeleted', mayHaveStarted: true });
    expect(registry.byJob('job-1')).toBeUndefined();
  });
});

describe('a Job whose annotations others have filled', () => {
  const report = JSON.stringify({ status: 'error', error_code: 'GLIP_X', message: 'm'.repeat(3_000) });
  const failed = agent({
    terminated: { exitCode: 3, reason: 'Error', startedAt: at(5), finishedAt: at(9), message: report },
  });
  const filler = 'example.com/filler';

  /** A Job with so many bytes left for annotations of ours. */
  function filled(room: number) {
    const job = aJob();
    const annotations: Record<string, string> = job.metadata.annotations;
    const taken = Object.entries(annotations).reduce((n, [k, v]) => n + k.length + v.length, 0);
    annotations[filler] = 'x'.repeat(mostAnnotationBytes - taken - filler.length - room);
    return job;
  }

  test('gets the smallest record, where there is room for that', async () => {
    const { put, putPod, step, annotation: read, onUnrecorded, calls } = start();
    put(filled(2_000));
    putPod(aPod('job-1', failed));
    await settle();
    const outcome = { reason: 'ChecksumMismatch', exitCode: 3, agentReportJson: '' };
    expect(read(annotation.record)).toMatchObject({ end: { state: 'FAILED', outcome } });
    expect(step()).toMatchObject({ state: 'FAILED', outcome });
    expect(step()?.timeline.map((t) => t.phase)).toEqual([
      'QUEUED',
      'SCHEDULING',
      'PULLING_IMAGE',
      'RUNNING',
      'FINISHED',
    ]);
    expect(calls.filter((c) => c.startsWith('patch'))).toHaveLength(2);
    expect(onUnrecorded).not.toHaveBeenCalled();
  });

  test('is told without a record, says so, and gets it when somebody has made room', async () => {
    const { put, putPod, job, step, annotation: read, onUnrecorded, onError, calls } = start();
    put(filled(100));
    putPod(aPod('job-1', failed));
    await settle();
    const told = step()!;
    expect(told).toMatchObject({ state: 'FAILED', outcome: { exitCode: 3, agentReportJson: report } });
    expect(told.observations).toEqual([expect.stringContaining('The API server says: its own words')]);
    expect(onUnrecorded.mock.calls).toEqual([[told.job, 'its own words']]);
    const patches = () => calls.filter((c) => c.startsWith('patch')).length;
    expect(patches()).toBe(2);
    // What is seen of it meanwhile is no reason to try again.
    putPod(aPod('job-1', failed, { version: '8' }));
    await vi.advanceTimersByTimeAsync(250_000);
    expect(patches()).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(patches()).toBe(4);
    const { [filler]: _, ...rest } = job()!.metadata.annotations;
    const roomy = aJob();
    roomy.metadata.annotations = rest;
    put(roomy);
    await vi.advanceTimersByTimeAsync(310_000);
    expect(read(annotation.record)).toMatchObject({
      end: { state: 'FAILED', outcome: { exitCode: 3, agentReportJson: report } },
    });
    expect(step()).toMatchObject({ state: told.state, outcome: told.outcome, timeline: told.timeline });
    expect(onUnrecorded).toHaveBeenCalledOnce();
    expect(onError).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(patches()).toBe(5);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a record that is lost after its end was told', () => {
  async function told() {
    const cluster = start();
    cluster.put(aJob());
    cluster.putPod(aPod('job-1', exited(3)));
    await settle();
    const { state, outcome, timeline } = cluster.step()!;
    return {
      ...cluster,
      state,
      outcome,
      timeline,
      text: cluster.job()!.metadata.annotations[annotation.record],
    };
  }

  test('to somebody who edits the Job is written again, as it was', async () => {
    const { put, job, text } = await told();
    put(aJob());
    await settle();
    expect(job()?.metadata.annotations[annotation.record]).toBe(text);
    expect(job()?.spec).toMatchObject({ activeDeadlineSeconds: 1_000 });
  });

  test('to a restore of the store is written again, whatever the objects show by then', async () => {
    const { registry, put, job, step, state, outcome, timeline, text } = await told();
    put(aJob(), false);
    job()!.metadata.resourceVersion = '50';
    registry.apply({ ...jobSeen(job()!), restored: true });
    registry.apply({ ...podSeen(aPod('job-1', running, { version: '1' })), restored: true });
    await settle();
    expect(job()?.metadata.annotations[annotation.record]).toBe(text);
    expect(step()).toMatchObject({ state, outcome, timeline });
    expect(step()?.observations).toEqual([expect.stringContaining('restored from a backup')]);
    // Its agent runs again, for nobody.
    expect(job()?.spec).toMatchObject({ activeDeadlineSeconds: 0 });
  });
});

describe('a record', () => {
  test('that was damaged by hand is written over, at once', async () => {
    const { put, putPod, step, calls, annotation: read } = start();
    put(aJob('job-1', { annotations: { [annotation.record]: 'not JSON' } }));
    putPod(aPod('job-1', exited(0)));
    await settle();
    expect(calls).toEqual(['patch glip-job-1', 'get glip-job-1', 'patch glip-job-1']);
    expect(read(annotation.record)).toMatchObject({ end: { state: 'SUCCEEDED' } });
    expect(step()?.state).toBe('SUCCEEDED');
  });

  test('of a Job that somebody suspended ends that Job, too', async () => {
    const { put, putPod, step, job } = start();
    const suspended = { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: '' };
    put(aJob('job-1', { spec: { suspend: true }, status: { conditions: [suspended] } }));
    const pod = aPod('job-1', { ...exited(0), phase: 'Succeeded' });
    putPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-11-23T12:00:08Z' } });
    await settle();
    expect(step()?.outcome?.reason).toBe('JobSuspended');
    expect(job()?.spec).toMatchObject({ suspend: false, activeDeadlineSeconds: 0 });
    expect(readRecord(job()?.metadata.annotations[annotation.record])?.end.state).toBe('FAILED');
  });
});

describe('what a failure rests on', () => {
  const mounts = {
    metadata: {
      uid: 'e',
      namespace: 'glip-acme',
      resourceVersion: '5',
      creationTimestamp: '2026-11-23T12:00:03Z',
    },
    involvedObject: { uid: 'pod-of-job-1' },
    type: 'Warning',
    reason: 'FailedMount',
    message: 'no such volume',
  };

  test('is looked for before the end is recorded, and recorded with it', async () => {
    const { put, putPod, putEvents, step, calls, annotation: read } = start();
    put(aJob());
    putEvents('pod-of-job-1', mounts);
    putPod(aPod('job-1', exited(3)));
    await settle();
    expect(calls).toEqual(['list Events of pod-of-job-1', 'patch glip-job-1']);
    const evidence = { events: ['FailedMount: no such volume'], logTail: [] };
    expect(step()?.outcome?.evidence).toEqual(evidence);
    expect(read(annotation.record)).toMatchObject({ end: { outcome: { evidence } } });
  });

  test('is looked for once, however often the record must be tried', async () => {
    const { put, putPod, failNext, step, calls, onError } = start();
    failNext(new Error('no Events today'), new Error('503'), new Error('503'));
    put(aJob());
    putPod(aPod('job-1', exited(3)));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(step()?.state).toBe('FAILED');
    expect(step()?.outcome).not.toHaveProperty('evidence');
    expect(calls.filter((c) => c.startsWith('list Events'))).toHaveLength(1);
    expect(onError.mock.calls.map(([error]) => String(error))).toEqual(['Error: 503', 'Error: 503']);
  });

  test('holds the end back for half a second at most', async () => {
    const { put, putPod, store, step } = start();
    store.listEvents = (_namespace, _uid, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    put(aJob());
    putPod(aPod('job-1', exited(3)));
    await vi.advanceTimersByTimeAsync(499);
    expect(step()?.state).toBe('RUNNING');
    await vi.advanceTimersByTimeAsync(1);
    expect(step()?.state).toBe('FAILED');
  });

  test('holds nobody back for others: who gets no turn in time is told without', async () => {
    const { put, putPod, store, step } = start();
    let most = 0;
    let asking = 0;
    store.listEvents = (_namespace, _uid, signal) =>
      new Promise((_, reject) => {
        most = Math.max(most, ++asking);
        signal.addEventListener('abort', () => {
          asking -= 1;
          reject(signal.reason as Error);
        });
      });
    const uids = Array.from({ length: 20 }, (_, n) => `job-${n}`);
    for (const uid of uids) {
      put(aJob(uid));
      putPod(aPod(uid, exited(3)));
    }
    await vi.advanceTimersByTimeAsync(500);
    expect(uids.map((uid) => step(uid)?.state)).toEqual(uids.map(() => 'FAILED'));
    expect(most).toBe(4);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is not looked for when the step has succeeded', async () => {
    const { put, putPod, calls } = start();
    put(aJob());
    putPod(aPod('job-1', exited(0)));
    await settle();
    expect(calls).toEqual(['patch glip-job-1']);
  });
});
