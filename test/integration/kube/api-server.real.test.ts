import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isInvalid, isNotFound, isVersionTooLarge } from '../../../src/kube/api-error.ts';
import { createKubeClient, type KubeClient } from '../../../src/kube/client.ts';
import { createCredentialCache } from '../../../src/kube/credentials.ts';
import { toExecutorError } from '../../../src/kube/errors.ts';
import { createFreshness } from '../../../src/kube/freshness.ts';
import { credentialSource } from '../../../src/kube/kubeconfig.ts';
import { collectionProbes } from '../../../src/kube/probe.ts';
import { createReflector, type ReflectorDeps } from '../../../src/kube/reflector.ts';
import { createTransport } from '../../../src/kube/transport.ts';
import type { Transport } from '../../../src/kube/transport-types.ts';
import type { KubeJob } from '../../../src/kube/types.ts';
import { isAvailable } from '../../support/control-plane/available.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane/start.ts';
import { until } from '../../support/misbehaving-server/until.ts';

const NS = 'default';
const JOBS = `/apis/batch/v1/namespaces/${NS}/jobs`;

// Suspended: nothing runs, and nothing but us writes to it.
const aJob = (name: string, label = name): KubeJob => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, labels: { case: label }, annotations: { made: 'here' } },
  spec: {
    suspend: true,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'agent', image: 'agent' }] } },
  },
});

describe.skipIf(!isAvailable())('src/kube against a real API server', { timeout: 60_000 }, () => {
  let plane: ControlPlane;
  let transport: Transport;
  let kube: KubeClient;

  const transportFor = (file: string): Transport => {
    const source = credentialSource({ kind: 'kubeconfig', file });
    return createTransport({ credentials: createCredentialCache({ source }) });
  };

  beforeAll(async () => {
    plane = await startControlPlane();
    transport = transportFor(plane.kubeconfig);
    kube = createKubeClient({ transport });
  }, 120_000);
  afterAll(async () => {
    await transport?.destroy();
    await plane?.stop();
  });

  function aReflector(label: string, deps: Partial<ReflectorDeps<string>> = {}) {
    const told: string[] = [];
    const reflector = createReflector<string>({
      transport,
      path: JOBS,
      labelSelector: `case=${label}`,
      project: ({ metadata }) => {
        expect(metadata).not.toHaveProperty('managedFields');
        return `${metadata?.name}`;
      },
      onDelta: ({ type, object, source }) => void told.push(`${type} ${object} ${source}`),
      tuning: { baseMs: 50, capMs: 200, ...deps.tuning },
      ...deps,
    });
    reflector.start();
    onTestFinished(() => reflector.stop());
    // The Job controller writes its conditions when it likes, so only these can be counted on.
    const lives = () => told.filter((line) => !line.startsWith('updated'));
    return { reflector, told, lives };
  }

  test('lists by pages and watches what follows', async () => {
    for (let i = 0; i < 5; i += 1) await kube.createJob(NS, aJob(`page-${i}`, 'page'));
    const { reflector, told } = aReflector('page', { tuning: { pageSize: 2 } });
    await reflector.synced;
    expect(told).toHaveLength(5);
    await until('watching', () => reflector.status().state === 'watching');
    await kube.patchJob(NS, 'page-0', { metadata: { annotations: { touched: 'yes' } } });
    await kube.deleteJob(NS, 'page-1');
    await until('the update', () => told.includes('updated page-0 watch'));
    await until('the deletion', () => told.includes('deleted page-1 watch'));
    expect(reflector.status()).toMatchObject({ lists: 1, errors: 0, size: 4 });
  });

  test('a streaming list is a list, and then a watch', async () => {
    await kube.createJob(NS, aJob('stream-0', 'stream'));
    const { reflector, lives } = aReflector('stream', { streamingList: true });
    await reflector.synced;
    await kube.createJob(NS, aJob('stream-1', 'stream'));
    await until('the second', () => lives().length === 2);
    expect(lives()).toEqual(['added stream-0 list', 'added stream-1 watch']);
    expect(reflector.status()).toMatchObject({ watches: 1, lists: 1, errors: 0 });
  });

  test('a deletion and a creation under the same name during a relist are both told', async () => {
    await kube.createJob(NS, aJob('twice'));
    const { reflector, lives } = aReflector('twice');
    await until('watching', () => reflector.status().state === 'watching');
    await kube.deleteJob(NS, 'twice');
    await until('its end', () => kube.getJob(NS, 'twice').then(() => false, isNotFound));
    await kube.createJob(NS, aJob('twice'));
    reflector.relist();
    await until('watching again', () => lives().length === 3 && reflector.status().state === 'watching');
    expect(lives().map((line) => line.split(' ')[0])).toEqual(['added', 'deleted', 'added']);
  });

  test('an API server that is killed and comes back is followed; a relist only when it says Expired', async () => {
    await kube.createJob(NS, aJob('before', 'restart'));
    const { reflector, lives } = aReflector('restart');
    await until('watching', () => reflector.status().state === 'watching');
    await plane.stopApiServer('SIGKILL');
    await until('errors', () => reflector.status().errors > 0);
    await plane.startApiServer();
    await kube.createJob(NS, aJob('after', 'restart'));
    await until('the new job', () => lives().length === 2, 20_000);
    expect(lives()[1]).toMatch(/^added after (watch|list)$/);
    // Its watch cache begins after our version, or not: both are right.
    expect(reflector.status().relists).toBeLessThanOrEqual(1);
  });

  test('an API server that freezes is given up by the idle time, and the view catches up after the thaw', async () => {
    const { reflector, told } = aReflector('freeze', { tuning: { baseMs: 50, capMs: 200, idleMs: 1_500 } });
    await until('watching', () => reflector.status().state === 'watching');
    plane.signal('kube-apiserver', 'SIGSTOP');
    try {
      await until('the idle time', () => reflector.status().idleTimeouts > 0, 10_000);
    } finally {
      plane.signal('kube-apiserver', 'SIGCONT');
    }
    await kube.createJob(NS, aJob('freeze'));
    await until('the job', () => told.includes('added freeze watch'), 20_000);
    expect(reflector.status().lists).toBe(1);
  });

  test('freshness is proven by each event on a collection that changes', async () => {
    await kube.createJob(NS, aJob('fresh'));
    const { reflector } = aReflector('fresh');
    await reflector.synced;
    const freshness = createFreshness({
      ...collectionProbes(transport, JOBS, { labelSelector: 'case=fresh' }),
      reached: () => reflector.status().resourceVersion,
      onDoubt: reflector.relist,
      intervalMs: 50,
    });
    freshness.start();
    onTestFinished(() => freshness.stop());
    let touches = 0;
    await until('proof', async () => {
      touches += 1;
      await kube.patchJob(NS, 'fresh', { metadata: { annotations: { touched: String(touches) } } });
      return freshness.status().ageMs < 1_000;
    });
    expect(reflector.status().relists).toBe(0);
  });

  test('freshness of a quiet collection is proven by a second watch, long before the next bookmark', async () => {
    const { reflector } = aReflector('quiet');
    await reflector.synced;
    const freshness = createFreshness({
      ...collectionProbes(transport, JOBS, { labelSelector: 'case=quiet' }),
      reached: () => reflector.status().resourceVersion,
      onDoubt: reflector.relist,
      intervalMs: 50,
      silenceAfterMs: 0,
    });
    // Moves the store without touching the collection.
    await kube.createJob(NS, aJob('elsewhere'));
    const from = Date.now();
    freshness.start();
    onTestFinished(() => freshness.stop());
    await until('proof', () => freshness.status().pending === 0 && freshness.status().provenAt, 15_000);
    expect(freshness.status().provenAt).toBeGreaterThanOrEqual(from - 10);
    expect(reflector.status()).toMatchObject({ bookmarks: 0, relists: 0 });
  });

  test('a view that is frozen while the collection changes is found out, and relists', async () => {
    const frozen = { now: '' };
    const { reflector } = aReflector('stuck');
    await reflector.synced;
    frozen.now = reflector.status().resourceVersion;
    const doubts: string[] = [];
    const freshness = createFreshness({
      ...collectionProbes(transport, JOBS, { labelSelector: 'case=stuck' }),
      reached: () => frozen.now,
      onDoubt: (why) => void doubts.push(why),
      intervalMs: 50,
      silenceAfterMs: 0,
      stuckMs: 0,
    });
    await kube.createJob(NS, aJob('stuck'));
    freshness.start();
    onTestFinished(() => freshness.stop());
    await until('the doubt', () => doubts.length > 0, 15_000);
    expect(doubts).toEqual(['stuck']);
    expect(freshness.status().ageMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('a version from the future is recognized', async () => {
    const error = await transport
      .call({
        method: 'GET',
        path: JOBS,
        query: { limit: 1, resourceVersion: '999999999', resourceVersionMatch: 'NotOlderThan' },
        retry: false,
      })
      .catch((e: unknown) => e);
    expect(isVersionTooLarge(error)).toBe(true);
  });

  test('a lost JSON patch `test` is a 422, so the first writer wins', async () => {
    await kube.createJob(NS, aJob('first-writer'));
    const claim = (value: string) =>
      kube.patchJob(NS, 'first-writer', [
        { op: 'test', path: '/metadata/annotations/claim', value: null },
        { op: 'add', path: '/metadata/annotations/claim', value },
      ]);
    await claim('one');
    expect(isInvalid(await claim('two').catch((e: unknown) => e))).toBe(true);
    expect((await kube.getJob(NS, 'first-writer')).metadata?.annotations?.claim).toBe('one');
  });

  test('an unknown field comes back as a warning', async () => {
    const warnings: string[] = [];
    const odd = { ...aJob('odd'), spec: { ...aJob('odd').spec, parallelismm: 1 } } as KubeJob;
    await kube.createJob(NS, odd, { dryRun: true, onWarning: (text) => void warnings.push(text) });
    expect(warnings).toEqual(['unknown field "spec.parallelismm"']);
    expect(isNotFound(await kube.getJob(NS, 'odd').catch((e: unknown) => e))).toBe(true);
  });

  test('what we are not allowed to do is our fault, and can be asked for beforehand', async () => {
    const nobody = transportFor(await plane.kubeconfigFor({ user: 'nobody' }));
    onTestFinished(() => nobody.destroy());
    const client = createKubeClient({ transport: nobody });
    const refusals = [
      await client.createJob(NS, aJob('x')).catch(toExecutorError),
      await client.patchJob(NS, 'x', {}).catch(toExecutorError),
      await client.podLogs(NS, 'x').catch(toExecutorError),
      await client.listJobs(undefined).catch(toExecutorError),
      await client.getNamespace('default').catch(toExecutorError),
      await client
        .createObject(`/apis/policy/v1/namespaces/${NS}/poddisruptionbudgets`, {
          metadata: { name: 'x' },
          spec: {},
        })
        .catch(toExecutorError),
      await client.deletePod(NS, 'x').catch(toExecutorError),
    ];
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: 'INTERNAL', reason: 'KUBERNETES_FORBIDDEN' });
    }
    expect(refusals.map((refusal) => String((refusal as Error).message).split(': ')[1])).toEqual([
      'create jobs.batch',
      'patch jobs.batch',
      'get pods/log',
      'list jobs.batch',
      'get namespaces',
      'create poddisruptionbudgets.policy',
      'delete pods',
    ]);
    const attributes = { verb: 'create', group: 'batch', resource: 'jobs', namespace: NS };
    expect(await client.selfSubjectAccessReview(attributes)).toBe(false);
    expect(await kube.selfSubjectAccessReview(attributes)).toBe(true);
  });

  test('a full quota is a refusal that names its cause', async () => {
    await kube.createNamespace({ metadata: { name: 'full' } });
    await plane.request('POST', '/api/v1/namespaces/full/resourcequotas', {
      metadata: { name: 'none' },
      spec: { hard: { 'count/jobs.batch': '0' } },
    });
    await until('the quota to be known', async () => {
      const { body } = await plane.request('GET', '/api/v1/namespaces/full/resourcequotas/none');
      return body.status?.hard !== undefined;
    });
    const refused = await kube.createJob('full', aJob('one')).catch(toExecutorError);
    expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_ADMISSION_REFUSED' });
    expect((refused as Error).message).toContain('exceeded quota: none');
  });

  test('a ValidatingAdmissionPolicy is told from a mistake of ours', async () => {
    const group = '/apis/admissionregistration.k8s.io/v1';
    await plane.request('POST', `${group}/validatingadmissionpolicies`, {
      metadata: { name: 'no-jobs' },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            { apiGroups: ['batch'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['jobs'] },
          ],
        },
        validations: [{ expression: "object.metadata.name != 'forbidden'", message: 'not this one' }],
      },
    });
    await plane.request('POST', `${group}/validatingadmissionpolicybindings`, {
      metadata: { name: 'no-jobs' },
      spec: { policyName: 'no-jobs', validationActions: ['Deny'] },
    });
    const refused = await until(
      'the policy to be in force',
      () => kube.createJob(NS, aJob('forbidden'), { dryRun: true }).then(() => undefined, toExecutorError),
      20_000,
    );
    expect(refused).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'KUBERNETES_ADMISSION_REFUSED' });
    expect(refused.message).toContain('not this one');
    const { spec: _, ...empty } = aJob('empty');
    const ours = await kube.createJob(NS, empty, { dryRun: true }).catch(toExecutorError);
    expect(ours).toMatchObject({ code: 'INTERNAL', reason: 'KUBERNETES_INVALID' });
  });

  test('a namespace that is not there is a 404 that names it', async () => {
    const error = await kube.createJob('absent', aJob('x')).catch((e: unknown) => e);
    expect(error).toMatchObject({ status: 404, details: { kind: 'namespaces', name: 'absent' } });
  });

  test('a delete with another uid is refused', async () => {
    await kube.createJob(NS, aJob('kept'));
    await expect(kube.deleteJob(NS, 'kept', { uid: 'another' })).rejects.toMatchObject({ status: 409 });
    expect((await kube.getJob(NS, 'kept')).metadata?.deletionTimestamp).toBeUndefined();
  });

  test('says its version', async () => {
    expect(await kube.serverVersion()).toMatchObject({ gitVersion: 'v1.37.2', major: '1', minor: '37' });
  });
});
