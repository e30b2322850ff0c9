import type { TestCluster } from '../../support/cluster.ts';
import { must } from '../../support/tenants.ts';

type Cluster = Pick<TestCluster, 'request'>;

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

const merge = 'application/merge-patch+json';
const patchNode = (cluster: Cluster, name: string, spec: object) =>
  must(cluster, 'PATCH', `/api/v1/nodes/${name}`, { spec }, merge);

export const nodeNames = async (cluster: Cluster): Promise<readonly string[]> =>
  (await must(cluster, 'GET', '/api/v1/nodes')).items.map(
    (n: { metadata: { name: string } }) => n.metadata.name,
  );

/** As `kubectl cordon` does, and `uncordon`. */
export const cordon = (cluster: Cluster, name: string, unschedulable = true) =>
  patchNode(cluster, name, { unschedulable: unschedulable || null });

/** Sets a taint as a handler of the cloud does, and returns the way to take it back. */
export async function taint(cluster: Cluster, name: string, added: Taint): Promise<() => Promise<unknown>> {
  const { spec } = await must(cluster, 'GET', `/api/v1/nodes/${name}`);
  const others = ((spec.taints ?? []) as readonly Taint[]).filter(({ key }) => key !== added.key);
  await patchNode(cluster, name, { taints: [...others, added] });
  return () => patchNode(cluster, name, { taints: others.length === 0 ? null : others });
}
