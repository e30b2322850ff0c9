import { namespaceOf, serviceAccountOf } from '../../src/job/names.ts';
import { type ControlPlane, startControlPlane } from '../../test/support/control-plane/start.ts';
import { until } from '../../test/support/control-plane/until.ts';

export const tenant = 'acme';
export const namespace = namespaceOf('glip-', tenant);

/** Room for every pod of a run: nothing may wait for a node. */
const nodes = ['1', '2', '3'].map((n) => ({
  name: `node-${n}`,
  cpu: '10000',
  memory: '100Ti',
  ephemeralStorage: '1000Ti',
  pods: 30_000,
}));

/** A real control plane with one tenant, and room. */
export async function startBenchCluster(): Promise<ControlPlane> {
  const controlPlane = await startControlPlane({ nodes });
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await must(controlPlane, '/api/v1/namespaces', {
    kind: 'Namespace',
    metadata: { name: namespace, labels },
  });
  await must(controlPlane, `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    kind: 'ServiceAccount',
    metadata: { name: serviceAccountOf(tenant) },
  });
  return controlPlane;
}

async function must(controlPlane: ControlPlane, path: string, body: object): Promise<void> {
  const answer = await controlPlane.request('POST', path, { apiVersion: 'v1', ...body });
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
}

/** Resolves when so many pods run in the tenant's namespace and none is pending: the controllers have caught up. */
export async function caughtUp(controlPlane: ControlPlane, pods: number): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods?limit=1`;
  const settled = async (): Promise<boolean> => {
    const { body: all } = await controlPlane.request('GET', path);
    const count = all.items.length + (all.metadata.remainingItemCount ?? 0);
    if (count < pods) return false;
    const { body: pending } = await controlPlane.request(
      'GET',
      `${path}&fieldSelector=status.phase%3DPending`,
    );
    return pending.items.length === 0 && pending.metadata.continue === undefined;
  };
  await until(`${pods} running pods`, settled, { timeoutMs: 300_000, everyMs: 200 });
}
