import type { StorageEvidence } from '../cli/check/port.ts';
import { storageMetrics } from '../cli/check/secrets-at-rest.ts';
import type { KubeClient } from '../kube/client.ts';

/** Most large clusters answer within a second; the metrics of the API server are its longest answer. */
const timeoutMs = 20_000;

/** Asks for what tells how the API server stores Secrets; what may not be read, or is not there, is left out. Reads no Secret. */
export async function storageEvidence(
  client: Pick<KubeClient, 'metrics' | 'listPods'>,
): Promise<StorageEvidence> {
  const [metrics, flags] = await Promise.all([
    client.metrics(storageMetrics, { timeoutMs }).catch(() => undefined),
    // Where kubeadm and its like run it as a static pod, its mirror shows the command line.
    client
      .listPods('kube-system', { labelSelector: 'component=kube-apiserver', timeoutMs })
      .then(({ items }) => items.map(commandLine))
      .catch(() => undefined),
  ]);
  return { metrics, flags };
}

const commandLine = ({
  spec,
}: Awaited<ReturnType<KubeClient['listPods']>>['items'][number]): readonly string[] =>
  (spec?.containers ?? []).flatMap(({ command = [], args = [] }) => [...command, ...args]);
