import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/embedded/objects.ts';
import {
  aJob,
  CONFIG_MAPS,
  has,
  JOBS,
  type Loose,
  NAMESPACE,
  PODS,
  script,
  startCluster,
  until,
} from './harness.ts';

const catalogue = {
  agent: script('console.log("hello")'),
  fails: script('process.exit(3)'),
  forever: script('console.log("up"); setInterval(() => {}, 1000)'),
  graceful: script(
    'process.on("SIGTERM", () => process.exit(0)); console.log("up"); setInterval(() => {}, 1000)',
  ),
};
const isRunning = (pod: Pod) => pod.status.phase === 'Running';
const types = (job: { status: Loose }) => job.status.conditions?.map(({ type }: { type: string }) => type);

describe('a Job', () => {
  it('runs to Complete, in the order of a real one', async () => {
    const cluster = await startCluster({ catalogue });
    const jobs = await cluster.watch(`${JOBS}?watch=1`);
    const pods = await cluster.watch(`${PODS}?watch=1`);
    await cluster.ok('POST', JOBS, aJob('j'));
    const job = await cluster.job('j', (found) => has(found, 'Complete'));
    expect(job.status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    expect(job.status.active).toBeUndefined();
    expect(job.status.startTime).toBeDefined();
    expect(job.status.completionTime).toBeDefined();
    expect(job.status.conditions).toMatchObject([
      {
        type: 'SuccessCriteriaMet',
        status: 'True',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      },
      {
        type: 'Complete',
        status: 'True',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      },
    ]);
    await until('the last frame', () => jobs.frames.some(({ object }) => has(object, 'Complete')));
    const first = jobs.frames.filter(({ object }) => object.status.active === 1)[0];
    expect(first?.object.status).toEqual({
      active: 1,
      ready: 0,
      startTime: expect.any(String),
      terminating: 0,
      uncountedTerminatedPods: {},
    });
    expect(jobs.frames.map(({ object }) => types(object)?.length ?? 0)).toEqual(
      [...jobs.frames.map(({ object }) => types(object)?.length ?? 0)].sort(),
    );
    const counting = jobs.frames.find(({ object }) => object.status.uncountedTerminatedPods?.succeeded);
    expect(types(counting?.object)).toEqual(['SuccessCriteriaMet']);

    const steps = pods.frames.map(({ object }) => {
      const { state } = object.status.containerStatuses?.[0] ?? {};
      return `${object.status.phase} ${Object.keys(state ?? { unknown: 1 })[0]} ${object.metadata.finalizers ? 'held' : 'free'}`;
    });
    expect([...new Set(steps)]).toEqual([
      'Pending unknown held',
      'Pending waiting held',
      'Running running held',
      'Running terminated held',
      'Succeeded terminated held',
      'Succeeded terminated free',
    ]);
    const [pod] = (await cluster.ok('GET', PODS)).items;
    expect(pod.metadata).toMatchObject({
      generateName: 'j-',
      labels: { 'batch.kubernetes.io/job-name': 'j', 'batch.kubernetes.io/controller-uid': job.metadata.uid },
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          name: 'j',
          uid: job.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    });
    expect(pod.metadata.name).toMatch(/^j-[a-z0-9]{5}$/);
    const events = (await cluster.events()).map(
      ({ type, reason, message }) => `${type} ${reason}: ${message}`,
    );
    expect(events).toEqual(
      expect.arrayContaining([
        `Normal SuccessfulCreate: Created pod: ${pod.metadata.name}`,
        'Normal Completed: Job completed',
        'Normal Started: Container started',
      ]),
    );
  });

  it('keeps the exit code in its condition', async () => {
    const cluster = await startCluster({ catalogue });
    await cluster.ok('POST', JOBS, aJob('j', { container: { image: 'fails' } }));
    const job = await cluster.job('j', (found) => has(found, 'Failed'));
    const pod = await cluster.pod('j', () => true);
    const message = `Container agent for pod ${NAMESPACE}/${pod.metadata.name} failed with exit code 3 matching FailJob rule at index 1`;
    expect(job.status.conditions).toMatchObject([
      { type: 'FailureTarget', reason: 'PodFailurePolicy', message },
      { type: 'Failed', reason: 'PodFailurePolicy', message },
    ]);
    expect(job.status.failed).toBe(1);
    expect(await cluster.events('j')).toContainEqual(
      expect.objectContaining({ type: 'Warning', reason: 'PodFailurePolicy', message }),
    );
  });

  it('fails at its deadline, once the pod is gone', async () => {
    const cluster = await startCluster({ catalogue });
    const jobs = await cluster.watch(`${JOBS}?watch=1`);
    const pods = await cluster.watch(`${PODS}?watch=1`);
    await cluster.ok('POST', JOBS, aJob('j', { container: { image: 'graceful' } }));
    const { metadata } = await cluster.pod('j', isRunning);
    await until('the agent', async () =>
      String((await cluster.call('GET', `${PODS}/${metadata.name}/log`)).body).includes('up'),
    );
    const cancelled = await cluster.patch(`${JOBS}/j`, {
      spec: { activeDeadlineSeconds: 0, suspend: false },
      metadata: { annotations: { why: 'x' } },
    });
    expect(cancelled.code).toBe(200);
    const job = await cluster.job('j', (found) => has(found, 'Failed'));
    expect(job.status).toMatchObject({
      failed: 1,
      terminating: 0,
      conditions: [
        { type: 'FailureTarget' },
        {
          type: 'Failed',
          reason: 'DeadlineExceeded',
          message: 'Job was active longer than specified deadline',
        },
      ],
    });
    expect((await cluster.ok('GET', PODS)).items).toEqual([]);
    const waiting = jobs.frames.find(({ object }) => has(object, 'FailureTarget') && !has(object, 'Failed'));
    expect(waiting?.object.status).toMatchObject({
      terminating: 1,
      uncountedTerminatedPods: { failed: [metadata.uid] },
    });
    await until('the deletion', () => pods.frames.at(-1)?.type === 'DELETED');
    const [last, gone] = pods.frames.slice(-2);
    // It exited 0 on SIGTERM, and says so in the last change and in the deletion itself.
    for (const frame of [last, gone]) {
      expect(frame?.object).toMatchObject({
        metadata: { deletionGracePeriodSeconds: 0 },
        status: {
          phase: 'Succeeded',
          containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
        },
      });
    }
    expect((await cluster.events('j')).map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['SuccessfulDelete', 'DeadlineExceeded']),
    );
  });

  it('reaches its deadline by itself, and later when that is extended', async () => {
    const cluster = await startCluster({ catalogue });
    await cluster.ok(
      'POST',
      JOBS,
      aJob('j', {
        container: { image: 'forever' },
        spec: { activeDeadlineSeconds: 1 },
        pod: { terminationGracePeriodSeconds: 0 },
      }),
    );
    await cluster.ok(
      'POST',
      JOBS,
      aJob('k', { container: { image: 'forever' }, spec: { activeDeadlineSeconds: 1 } }),
    );
    expect((await cluster.patch(`${JOBS}/k`, { spec: { activeDeadlineSeconds: 100 } })).code).toBe(200);
    await cluster.job('j', (found) => has(found, 'Failed'));
    expect(types(await cluster.ok('GET', `${JOBS}/k`))).toBeUndefined();
    await cluster.pod('k', isRunning);
  });

  it('created with deadline 0 fails without ever having a pod', async () => {
    const cluster = await startCluster({ catalogue });
    const pods = await cluster.watch(`${PODS}?watch=1`);
    await cluster.ok('POST', JOBS, aJob('tombstone', { spec: { activeDeadlineSeconds: 0 } }));
    const job = await cluster.job('tombstone', (found) => has(found, 'Failed'));
    expect(types(job)).toEqual(['FailureTarget', 'Failed']);
    await cluster.ok('POST', JOBS, aJob('other'));
    await cluster.job('other', (found) => has(found, 'Complete'));
    expect(pods.frames.map(({ object }) => object.metadata.generateName)).not.toContain('tombstone-');
  });

  it('is suspended and resumed', async () => {
    const cluster = await startCluster({ catalogue });
    await cluster.ok(
      'POST',
      JOBS,
      aJob('j', { container: { image: 'forever' }, pod: { terminationGracePeriodSeconds: 0 } }),
    );
    const first = await cluster.pod('j', isRunning);
    await cluster.patch(`${JOBS}/j`, { spec: { suspend: true } });
    const suspended = await cluster.job(
      'j',
      (found) => has(found, 'Suspended') && found.status.terminating === 0,
    );
    expect(suspended.status.startTime).toBeUndefined();
    expect(suspended.status.failed).toBeUndefined();
    expect((await cluster.ok('GET', PODS)).items).toEqual([]);
    await cluster.patch(`${JOBS}/j`, { spec: { suspend: false } });
    const second = await cluster.pod('j', isRunning);
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    const resumed = await cluster.job('j', (found) => found.status.ready === 1);
    expect(resumed.status.conditions).toMatchObject([
      { type: 'Suspended', status: 'False', reason: 'JobResumed' },
    ]);
    expect(resumed.status.startTime).toBeDefined();
  });

  it('fails when its pod is deleted by hand, and is Complete when that exits 0', async () => {
    const cluster = await startCluster({ catalogue });
    for (const [name, image] of [
      ['killed', 'forever'],
      ['polite', 'graceful'],
    ] as const) {
      await cluster.ok('POST', JOBS, aJob(name, { container: { image } }));
      const { metadata } = await cluster.pod(name, isRunning);
      await until('the agent', async () =>
        String((await cluster.call('GET', `${PODS}/${metadata.name}/log`)).body).includes('up'),
      );
      const deleted = await cluster.ok('DELETE', `${PODS}/${metadata.name}`);
      expect(deleted.metadata).toMatchObject({
        deletionGracePeriodSeconds: 1,
        deletionTimestamp: expect.any(String),
        generation: 2,
      });
    }
    const killed = await cluster.job('killed', (found) => has(found, 'Failed'));
    expect(killed.status.conditions?.at(-1)?.message).toMatch(
      /failed with exit code 143 matching FailJob rule at index 1$/,
    );
    expect(types(await cluster.job('polite', (found) => has(found, 'Complete')))).toEqual([
      'SuccessCriteriaMet',
      'Complete',
    ]);
  });

  it('replaces a disrupted pod when its policy ignores that', async () => {
    const cluster = await startCluster({ catalogue });
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
    await cluster.ok(
      'POST',
      JOBS,
      aJob('j', {
        container: { image: 'forever' },
        spec: { podFailurePolicy: { rules } },
        pod: { terminationGracePeriodSeconds: 0 },
      }),
    );
    const first = await cluster.pod('j', isRunning);
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' };
    await cluster.patch(
      `${PODS}/${first.metadata.name}/status`,
      { status: { conditions: [condition] } },
      'strategic-merge',
    );
    await cluster.ok('DELETE', `${PODS}/${first.metadata.name}`);
    const second = await cluster.pod('j', (pod) => pod.metadata.uid !== first.metadata.uid && isRunning(pod));
    expect(second.metadata.name).not.toBe(first.metadata.name);
    expect((await cluster.ok('GET', `${JOBS}/j`)).status.failed).toBeUndefined();
  });

  it('goes with all that belongs to it when its time to live is over', async () => {
    const cluster = await startCluster({ catalogue });
    const { metadata } = await cluster.ok('POST', JOBS, aJob('j', { spec: { ttlSecondsAfterFinished: 0 } }));
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: metadata.uid };
    await cluster.ok('POST', CONFIG_MAPS, { metadata: { name: 'inputs', ownerReferences: [owner] } });
    await until('nothing left', async () => {
      const codes = await Promise.all([
        cluster.call('GET', `${JOBS}/j`),
        cluster.call('GET', `${CONFIG_MAPS}/inputs`),
      ]);
      const { items } = await cluster.ok('GET', PODS);
      return codes.every(({ code }) => code === 404) && items.length === 0;
    });
  });
});

describe('deleting a Job', () => {
  const start = async (spec = {}, delays: 'none' | { collect: number } = 'none') => {
    const cluster = await startCluster({ catalogue, delays });
    const { metadata } = await cluster.ok(
      'POST',
      JOBS,
      aJob('j', { container: { image: 'graceful' }, ...spec }),
    );
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: metadata.uid };
    await cluster.ok('POST', CONFIG_MAPS, { metadata: { name: 'inputs', ownerReferences: [owner] } });
    return { cluster, pod: await cluster.pod('j', isRunning) };
  };
  const gone = (cluster: Loose, path: string) =>
    until(`${path} gone`, async () => (await cluster.call('GET', path)).code === 404);

  it('in the background takes its pod and its ConfigMap', async () => {
    const { cluster, pod } = await start();
    const answer = await cluster.call('DELETE', `${JOBS}/j?propagationPolicy=Background`);
    expect(answer.body).toMatchObject({
      status: 'Success',
      details: { name: 'j', group: 'batch', kind: 'jobs' },
    });
    expect((await cluster.call('GET', `${JOBS}/j`)).code).toBe(404);
    await gone(cluster, `${PODS}/${pod.metadata.name}`);
    await gone(cluster, `${CONFIG_MAPS}/inputs`);
  });

  it('in the foreground goes last', async () => {
    const { cluster, pod } = await start();
    const jobs = await cluster.watch(`${JOBS}?watch=1`);
    const pods = await cluster.watch(`${PODS}?watch=1`);
    const held = await cluster.ok('DELETE', `${JOBS}/j`, { propagationPolicy: 'Foreground' });
    expect(held.metadata).toMatchObject({
      finalizers: ['foregroundDeletion'],
      deletionTimestamp: expect.any(String),
    });
    await gone(cluster, `${JOBS}/j`);
    expect((await cluster.call('GET', `${PODS}/${pod.metadata.name}`)).code).toBe(404);
    await until('both deletions', () =>
      [jobs, pods].every(({ frames }) => frames.at(-1)?.type === 'DELETED'),
    );
    const at = [pods, jobs].map(({ frames }) => Number(frames.at(-1)?.object.metadata.resourceVersion));
    expect(at[0]).toBeLessThan(at[1] ?? 0);
  });

  it('without a policy leaves the pod, and warns, as batch/v1 does', async () => {
    const { cluster, pod } = await start({}, { collect: 100 });
    const answer = await cluster.call('DELETE', `${JOBS}/j`);
    expect(answer.headers.get('warning')).toMatch(/^299 - "child pods are preserved by default/);
    await gone(cluster, `${JOBS}/j`);
    const orphan = await until('the orphan let go', async () => {
      const { body } = await cluster.call('GET', `${PODS}/${pod.metadata.name}`);
      return body.metadata.finalizers === undefined ? body : undefined;
    });
    expect(orphan.metadata.ownerReferences).toBeUndefined();
    expect(orphan.status.phase).toBe('Running');
  });

  it('is held back by a finalizer, but not its pods', async () => {
    const { cluster, pod } = await start({ metadata: { finalizers: ['x.io/retain'] } });
    await cluster.ok('DELETE', `${JOBS}/j?propagationPolicy=Background`);
    await gone(cluster, `${PODS}/${pod.metadata.name}`);
    expect((await cluster.ok('GET', `${JOBS}/j`)).metadata.deletionTimestamp).toBeDefined();
    await cluster.patch(`${JOBS}/j`, { metadata: { finalizers: null } });
    expect((await cluster.call('GET', `${JOBS}/j`)).code).toBe(404);
  });

  it('of a namespace takes everything in it', async () => {
    const { cluster } = await start();
    const deleted = await cluster.ok('DELETE', `/api/v1/namespaces/${NAMESPACE}`);
    expect(deleted.status.phase).toBe('Terminating');
    expect((await cluster.call('POST', CONFIG_MAPS, { metadata: { name: 'late' } })).body).toMatchObject({
      code: 403,
      message: `configmaps "late" is forbidden: unable to create new content in namespace ${NAMESPACE} because it is being terminated`,
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    });
    await gone(cluster, `/api/v1/namespaces/${NAMESPACE}`);
    for (const path of ['/api/v1/pods', '/apis/batch/v1/jobs', `/api/v1/configmaps`]) {
      expect((await cluster.ok('GET', path)).items).toEqual([]);
    }
  });

  it('before its ConfigMap is written leaves none behind', async () => {
    const cluster = await startCluster({ catalogue });
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'never', uid: 'never-was' };
    await cluster.ok('POST', CONFIG_MAPS, { metadata: { name: 'dangling', ownerReferences: [owner] } });
    await gone(cluster, `${CONFIG_MAPS}/dangling`);
  });
});
