import { setTimeout as delay } from 'node:timers/promises';
import type { TestCluster } from '../../support/cluster.ts';
import { must } from '../../support/tenants.ts';

/** Evicts what runs on a node, as a drain does: what is refused is asked for again, until the time is over. Answers how often it was. */
export async function drain(
  cluster: Pick<TestCluster, 'request'>,
  namespace: string,
  node: string,
  timeoutMs: number,
): Promise<number> {
  let refused = 0;
  for (const until = performance.now() + timeoutMs; performance.now() < until; await delay(200)) {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const { items } = await must(cluster, 'GET', `${path}?fieldSelector=spec.nodeName%3D${node}`);
    const alive = items.filter(
      (pod: { metadata: { deletionTimestamp?: string }; status: { phase: string } }) =>
        pod.metadata.deletionTimestamp === undefined && ['Pending', 'Running'].includes(pod.status.phase),
    );
    if (alive.length === 0) break;
    const asked = alive.map(async ({ metadata: { name } }: { metadata: { name: string } }) => {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
      const { status } = await cluster.request('POST', `${path}/${name}/eviction`, eviction);
      if (status === 429) refused += 1;
      else if (status >= 300 && status !== 404) throw new Error(`the eviction of ${name}: ${status}`);
    });
    await Promise.all(asked);
  }
  return refused;
}
