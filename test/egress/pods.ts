import type { TestCluster } from '../support/cluster.ts';
import { shellImage } from '../support/node/images/catalogue.ts';
import { must } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { type Reached, reachScript, readReached, type Target } from './reach.ts';

type Cluster = Pick<TestCluster, 'request'>;

/** A namespace as somebody makes it who thinks of no policies. */
export async function openNamespace(cluster: Cluster, name: string): Promise<void> {
  await must(cluster, 'POST', '/api/v1/namespaces', { metadata: { name } });
}

const podsOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;

async function create(cluster: Cluster, namespace: string, name: string, script: string): Promise<void> {
  await must(cluster, 'POST', podsOf(namespace), {
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'shell', image: shellImage, args: [script] }],
    },
  });
}

/** What a pod of that namespace reaches. */
export async function podReaches(
  cluster: Cluster,
  namespace: string,
  name: string,
  targets: readonly Target[],
): Promise<Reached> {
  await create(cluster, namespace, name, reachScript(targets));
  const message = await until(`${namespace}/${name} has ended`, async () => {
    const { status } = await must(cluster, 'GET', `${podsOf(namespace)}/${name}`);
    return status.containerStatuses?.[0]?.state?.terminated?.message as string | undefined;
  });
  return readReached(message);
}

/** A pod that listens; its address. */
export async function listeningPod(cluster: Cluster, namespace: string, name: string): Promise<string> {
  await create(cluster, namespace, name, listenScript);
  return addressOf(cluster, namespace, name);
}

export const listenPort = 8080;
export const listenScript = `exec httpd -f -p ${listenPort} -h /etc`;

/** The address of a pod that runs. */
export const addressOf = (cluster: Cluster, namespace: string, name: string): Promise<string> =>
  until(`${namespace}/${name} runs`, async () => {
    const { status } = await must(cluster, 'GET', `${podsOf(namespace)}/${name}`);
    return status.phase === 'Running' && (status.podIP as string | undefined);
  });
