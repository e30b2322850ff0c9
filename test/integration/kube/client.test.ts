import { describe, expect, test } from 'vitest';
import { createKubeClient, type KubeClient } from '../../../src/kube/client.ts';
import { clusterObject, everywhere, inNamespace, object } from '../../../src/kube/paths.ts';
import { json, page, reset } from '../../support/misbehaving-server/behaviours.ts';
import { aServer, aTransport } from './harness.ts';

type Verb = (kube: KubeClient) => Promise<unknown>;
const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' } };
const batch = '/apis/batch/v1/namespaces/ns/jobs';
const core = '/api/v1/namespaces/ns';
const merge = 'application/merge-patch+json';
const background = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };

const VERBS: readonly [name: string, verb: Verb, want: object][] = [
  [
    'create a job',
    (k) => k.createJob('ns', job),
    { method: 'POST', path: batch, query: { fieldValidation: 'Warn' }, body: job },
  ],
  [
    'dry-run a job',
    (k) => k.createJob('ns', job, { dryRun: true }),
    { method: 'POST', path: batch, query: { dryRun: 'All', fieldValidation: 'Warn' } },
  ],
  ['get a job', (k) => k.getJob('ns', 'j'), { method: 'GET', path: `${batch}/j`, query: {} }],
  [
    'merge-patch a job',
    (k) => k.patchJob('ns', 'j', { spec: { suspend: false } }),
    { method: 'PATCH', path: `${batch}/j`, type: merge, body: { spec: { suspend: false } } },
  ],
  [
    'JSON-patch a job',
    (k) => k.patchJob('ns', 'j', [{ op: 'test', path: '/metadata/annotations/k', value: null }]),
    {
      method: 'PATCH',
      path: `${batch}/j`,
      type: 'application/json-patch+json',
      body: [{ op: 'test', path: '/metadata/annotations/k', value: null }],
    },
  ],
  ['delete a job', (k) => k.deleteJob('ns', 'j'), { method: 'DELETE', path: `${batch}/j`, body: background }],
  [
    'list jobs',
    (k) => k.listJobs('ns', { labelSelector: 'a=b', limit: 2, continue: 't', resourceVersion: '0' }),
    {
      method: 'GET',
      path: batch,
      query: { labelSelector: 'a=b', limit: '2', continue: 't', resourceVersion: '0' },
    },
  ],
  [
    'list jobs everywhere',
    (k) => k.listJobs(undefined),
    { method: 'GET', path: '/apis/batch/v1/jobs', query: {} },
  ],
  [
    'dry-run a pod',
    (k) => k.createPod('ns', { metadata: { name: 'p' } }, { dryRun: true }),
    { method: 'POST', path: `${core}/pods`, query: { dryRun: 'All', fieldValidation: 'Warn' } },
  ],
  ['get a pod', (k) => k.getPod('ns', 'p'), { method: 'GET', path: `${core}/pods/p` }],
  [
    'patch a pod',
    (k) => k.patchPod('ns', 'p', { spec: { schedulingGates: [] } }),
    { method: 'PATCH', path: `${core}/pods/p`, type: merge },
  ],
  [
    'delete a pod',
    (k) => k.deletePod('ns', 'p', { gracePeriodSeconds: 3, uid: 'u' }),
    {
      method: 'DELETE',
      path: `${core}/pods/p`,
      body: { ...background, gracePeriodSeconds: 3, preconditions: { uid: 'u' } },
    },
  ],
  [
    'list pods',
    (k) => k.listPods('ns', { labelSelector: 'job-name=j' }),
    { method: 'GET', path: `${core}/pods`, query: { labelSelector: 'job-name=j' } },
  ],
  ['list pods everywhere', (k) => k.listPods(undefined), { method: 'GET', path: '/api/v1/pods' }],
  [
    'create a ConfigMap',
    (k) => k.createConfigMap('ns', { data: { a: 'b' } }),
    { method: 'POST', path: `${core}/configmaps`, body: { data: { a: 'b' } } },
  ],
  ['get a ConfigMap', (k) => k.getConfigMap('ns', 'c'), { method: 'GET', path: `${core}/configmaps/c` }],
  [
    'delete a ConfigMap',
    (k) => k.deleteConfigMap('ns', 'c'),
    { method: 'DELETE', path: `${core}/configmaps/c` },
  ],
  [
    'create a namespace',
    (k) => k.createNamespace({ metadata: { name: 'ns' } }),
    { method: 'POST', path: '/api/v1/namespaces' },
  ],
  ['get a namespace', (k) => k.getNamespace('ns'), { method: 'GET', path: '/api/v1/namespaces/ns' }],
  [
    'create a service account',
    (k) => k.createServiceAccount('ns', { metadata: { name: 's' } }),
    { method: 'POST', path: `${core}/serviceaccounts` },
  ],
  [
    'get a service account',
    (k) => k.getServiceAccount('ns', 's'),
    { method: 'GET', path: `${core}/serviceaccounts/s` },
  ],
  [
    'list nodes',
    (k) => k.listNodes({ limit: 1 }),
    { method: 'GET', path: '/api/v1/nodes', query: { limit: '1' } },
  ],
  ['ask for the version', (k) => k.serverVersion(), { method: 'GET', path: '/version' }],
];

describe('client', () => {
  test.each(VERBS)('%s', async (_, verb, want) => {
    const server = await aServer();
    for (const kind of ['list', 'call'] as const) server.always(kind, json({ answered: true }));
    const kube = createKubeClient({ transport: aTransport(server) });
    expect(await verb(kube)).toEqual({ answered: true });
    const { method, path, query, headers, body } = server.requests[0]!;
    const got = {
      method,
      path,
      query,
      type: headers['content-type'],
      body: body === '' ? undefined : JSON.parse(body),
    };
    expect(got).toMatchObject(want);
  });

  test('logs are text', async () => {
    const server = await aServer();
    server.script('call', page(200, 'hello\n'));
    const kube = createKubeClient({ transport: aTransport(server) });
    expect(await kube.podLogs('ns', 'p', { container: 'agent', tailLines: 5, timestamps: true })).toBe(
      'hello\n',
    );
    expect(server.requests[0]).toMatchObject({
      path: '/api/v1/namespaces/ns/pods/p/log',
      query: { container: 'agent', tailLines: '5', timestamps: 'true' },
    });
  });

  test.each([
    [{ status: { allowed: true } }, true],
    [{ status: { allowed: false } }, false],
    [{}, false],
  ])('an access review that answers %j is %s', async (answer, allowed) => {
    const server = await aServer();
    server.script('call', json(answer, 201));
    const kube = createKubeClient({ transport: aTransport(server) });
    const attributes = { verb: 'create', group: 'batch', resource: 'jobs' };
    expect(await kube.selfSubjectAccessReview(attributes)).toBe(allowed);
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      spec: { resourceAttributes: attributes },
    });
  });

  test('a create and a delete survive a reset; a patch may have been applied, so it does not', async () => {
    const server = await aServer();
    const kube = createKubeClient({ transport: aTransport(server) });
    server.script('call', reset());
    await kube.createJob('ns', job);
    server.script('call', reset());
    await kube.deleteJob('ns', 'j');
    server.script('call', reset());
    await expect(kube.patchJob('ns', 'j', [])).rejects.toMatchObject({ kind: 'reset' });
  });
});

describe('paths', () => {
  test('everything in them is encoded', () => {
    expect(object('jobs', 'a/b', 'c?d#e', 'status')).toBe(
      '/apis/batch/v1/namespaces/a%2Fb/jobs/c%3Fd%23e/status',
    );
    expect(inNamespace('networkpolicies', 'é')).toBe(
      '/apis/networking.k8s.io/v1/namespaces/%C3%A9/networkpolicies',
    );
    expect(clusterObject('priorityclasses', 'x y')).toBe('/apis/scheduling.k8s.io/v1/priorityclasses/x%20y');
    expect(everywhere('pods')).toBe('/api/v1/pods');
  });

  test.each(['', '.', '..'])('%j is no name: a URL parser would walk with it', (name) => {
    expect(() => object('jobs', 'ns', name)).toThrow(TypeError);
    expect(() => object('jobs', name, 'j')).toThrow(TypeError);
  });
});
