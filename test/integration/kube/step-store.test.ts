import { describe, expect, test } from 'vitest';
import type { StepStore } from '../../../src/job/ports.ts';
import { createKubeClient } from '../../../src/kube/client.ts';
import { createStepStore } from '../../../src/kube/step-store.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { json } from '../../support/misbehaving-server/behaviours.ts';
import { aServer, aTransport } from './harness.ts';

const never = new AbortController().signal;
const stored = { metadata: { name: 'j', uid: 'u', resourceVersion: '1' } };
const page = (...items: readonly unknown[]) => ({ metadata: { resourceVersion: '1' }, items });
const configMap = { metadata: { name: 'c', ownerReferences: [] } } as never;

type Verb = (store: StepStore) => Promise<unknown>;
const verbs: readonly [string, Verb][] = [
  ['createJob', (store) => store.createJob('ns', {}, never)],
  ['getJob', (store) => store.getJob('ns', 'j', never)],
  ['patchJob', (store) => store.patchJob('ns', 'j', [], never, 'create')],
  ['dryRunJob', (store) => store.dryRunJob('ns', {}, never)],
  ['dryRunPod', (store) => store.dryRunPod('ns', {}, never)],
  ['ensureConfigMap', (store) => store.ensureConfigMap('ns', configMap, never)],
];
const lists: readonly [string, Verb][] = [
  ['listPods', (store) => store.listPods('ns', 'u', never)],
  ['listEvents', (store) => store.listEvents('ns', 'u', never)],
  ['listJobs', (store) => store.listJobs('ns', 'a=b', never)],
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
