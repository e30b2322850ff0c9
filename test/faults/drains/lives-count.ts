import { setTimeout as delay } from 'node:timers/promises';
import type { TestCluster } from '../../support/cluster.ts';
import { must } from '../../support/tenants.ts';

interface RawPod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly status: { readonly containerStatuses?: readonly { readonly state: object }[] };
}

/** Looks at all pods again and again: no step may have two agents that run. */
export function createLivesCount(
  cluster: Pick<TestCluster, 'request'>,
  namespace: string,
  violated: (text: string) => void,
) {
  const leaving = new AbortController();
  let looks = 0;
  const look = async (): Promise<void> => {
    const { items } = await must(cluster, 'GET', `/api/v1/namespaces/${namespace}/pods?resourceVersion=0`);
    looks += 1;
    const running = new Map<string, number>();
    for (const { metadata, status } of items as readonly RawPod[]) {
      const job = metadata.labels['batch.kubernetes.io/controller-uid'] ?? '';
      if (status.containerStatuses?.some(({ state }) => 'running' in state))
        running.set(job, (running.get(job) ?? 0) + 1);
    }
    for (const [job, n] of running) if (n > 1) violated(`Job ${job} has ${n} agents that run`);
  };
  const done = (async () => {
    while (!leaving.signal.aborted) {
      await look();
      await delay(50);
    }
  })();
  return {
    async stop(): Promise<number> {
      leaving.abort();
      await done;
      return looks;
    },
  };
}
