import { describe, expect, test } from 'vitest';
import type { StepStore } from '../../../src/job/ports.ts';
import { createKubeClient } from '../../../src/kube/client.ts';
import { createStepStore } from '../../../src/kube/step-store.ts';
import { createWriteLimiter } from '../../../src/kube/write-limiter.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { json, refuse } from '../../support/misbehaving-server/behaviours.ts';
import type { Behaviour } from '../../support/misbehaving-server/server.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aServer, aTransport } from './harness.ts';

const never = new AbortController().signal;
const stored = { metadata: { name: 'j', uid: 'u', resourceVersion: '1' } };
const page = (...items: readonly unknown[]) => ({ metadata: { resourceVersion: '1' }, items });
const budget = { kind: 'PodDisruptionBudget' } as const;
const configMap = { metadata: { name: 'c', ownerReferences: [] } } as never;

type Verb = (store: StepStore) => Promise<unknown>;
const verbs: readonly [string, Verb][] = [
  ['createJob', (store) => store.createJob('ns', {}, never)],
  ['getJob', (store) => store.getJob('ns', 'j', never)],
  ['patchJob', (store) => store.patchJob('ns', 'j', [], never, 'create')],
  ['dryRunJob', (store) => store.dryRunJob('ns', {}, never)],
  ['dryRunPod', (store) => store.dryRunPod('ns', {}, never)],
  ['ensureConfigMap', (store) => store.ensureConfigMap('ns', configMap, never)],
  ['ensureOwned', (store) => store.ensureOwned('ns', budget, never)],
  ['dryRunOwned', (store) => store.dryRunOwned('ns', budget, never)],
];
const lists: readonly [string, Verb][] = [
  ['listPods', (store) => store.listPods('ns', 'u', never)],
  ['listEvents', (store) => store.listEvents('ns', 'u', never)],
  ['listJobs', (store) => store.listJobs('ns', 'a=b', (job) => job, never)],
];

const rubbish: readonly unknown[] = [
  null,
  [],
  7,
  'text',
  {},
  { metadata: null },
  { metadata: { uid: 'u' } },
  { type: 'MODIFIED' },
];

async function aStore(body: unknown) {
  const server = await aServer();
  server.always('call', json(body));
  server.always('list', json(body));
  return createStepStore(createKubeClient({ transport: aTransport(server) }));
}

/** Its own words never reach a caller: they are a proxy's. */
const unreachable = {
  code: 'UNAVAILABLE',
  reason: 'KUBERNETES_UNREACHABLE',
  message: 'the cluster cannot be reached',
};

describe('an answer of 200 that is no object of Kubernetes is no answer', () => {
  test.each(verbs)('%s', async (_, verb) => {
    for (const body of rubbish) {
      const error = await verb(await aStore(body)).catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(body)).toBeInstanceOf(ExecutorError);
      expect(error, JSON.stringify(body)).toMatchObject(unreachable);
    }
    await expect(verb(await aStore(stored))).resolves.not.toThrow();
  });

  test.each(lists)('%s', async (_, verb) => {
    for (const body of [...rubbish, { items: [] }, { metadata: {} }, page(null), page({}), page(stored, 7)]) {
      const error = await verb(await aStore(body)).catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(body)).toMatchObject(unreachable);
    }
    expect(await verb(await aStore(page(stored)))).toEqual([stored]);
  });

  test.each([
    ['createJob', verbs[0]![1]],
    ['getJob', verbs[1]![1]],
    ['patchJob', verbs[2]![1]],
  ])('%s wants a uid as well', async (_, verb) => {
    const error = await verb(await aStore({ metadata: { name: 'j' } })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(unreachable);
  });
});

describe('a ConfigMap of that name that an earlier Job has left behind', () => {
  const taken = refuse(409, 'AlreadyExists');
  const gone = refuse(404, 'NotFound');
  const requestsOf = async (...answers: readonly Behaviour[]) => {
    const server = await aServer();
    server.script('call', ...answers);
    const store = createStepStore(createKubeClient({ transport: aTransport(server) }));
    const end = await store.ensureConfigMap('ns', owned, never).catch((thrown: unknown) => thrown);
    return { end, methods: server.requests.map(({ method }) => method) };
  };
  const owned = { metadata: { name: 'c', ownerReferences: [{ uid: 'new' }] } } as never;
  const left = json({ metadata: { name: 'c', uid: 'u', ownerReferences: [{ uid: 'old' }] } });

  test('is taken over', async () => {
    expect(await requestsOf(taken, left, json(stored))).toEqual({
      end: undefined,
      methods: ['POST', 'GET', 'PATCH'],
    });
  });

  test.each([
    ['looked at', [taken, gone, json(stored)], ['POST', 'GET', 'POST']],
    ['taken over', [taken, left, gone, json(stored)], ['POST', 'GET', 'PATCH', 'POST']],
  ])('is made anew when the garbage collector takes it before it is %s', async (_, answers, methods) => {
    expect(await requestsOf(...answers)).toEqual({ end: undefined, methods });
  });

  test('that comes and goes for ever is an error in the end', async () => {
    const { end, methods } = await requestsOf(taken, gone, taken, gone, taken, gone);
    expect(end).toMatchObject({ reason: expect.stringContaining('KUBERNETES') });
    expect(methods).toHaveLength(6);
  });
});

test('a budget or a policy that is there is this Job’s own, and enough; another refusal is told', async () => {
  const server = await aServer();
  const store = createStepStore(createKubeClient({ transport: aTransport(server) }));
  server.script('call', refuse(409, 'AlreadyExists'), refuse(403, 'Forbidden'));
  await store.ensureOwned('ns', { kind: 'NetworkPolicy' }, never);
  await expect(store.ensureOwned('ns', budget, never)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
  expect(server.requests.map(({ path }) => path.split('?')[0])).toEqual([
    '/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies',
    '/apis/policy/v1/namespaces/ns/poddisruptionbudgets',
  ]);
});

test('the inputs of a step that has begun are stored before more steps begin', async () => {
  const server = await aServer();
  server.always('call', json(stored));
  const writes = createWriteLimiter({ max: 1 });
  const store = createStepStore(createKubeClient({ transport: aTransport(server, { writes }) }));
  const slot = await writes.acquire('create');
  const all = [
    store.createJob('ns', {}, never),
    store.createJob('ns', {}, never),
    store.ensureConfigMap('ns', configMap, never),
  ];
  await until(
    'all to wait',
    () => writes.status().waitingCreates === 2 && writes.status().waitingCompletions === 1,
  );
  slot.release('ok');
  await Promise.all(all);
  const what = server.requests.map(({ path }) => path.split('/').at(-1)?.split('?')[0]);
  expect(what).toEqual(['configmaps', 'jobs', 'jobs']);
});
