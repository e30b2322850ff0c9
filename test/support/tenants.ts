import { namespaceOf, serviceAccountOf } from '../../src/job/names.ts';
import type { TestCluster } from './cluster.ts';

export interface Tenant {
  readonly name: string;
  readonly namespace: string;
}

/** The prefix of the executors of tests, which is the default one. */
export const namespacePrefix = 'glip-';

/** Lays down what the issue on tenants will do in full: a restricted namespace and the agents' ServiceAccount. */
export async function createTenant(
  cluster: Pick<TestCluster, 'request'>,
  name: string,
  { account = true, prefix = namespacePrefix }: { readonly account?: boolean; readonly prefix?: string } = {},
): Promise<Tenant> {
  const namespace = namespaceOf(prefix, name);
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await must(cluster, 'POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels },
  });
  if (!account) return { name, namespace };
  await must(cluster, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: serviceAccountOf(name) },
    automountServiceAccountToken: false,
  });
  return { name, namespace };
}

/** A request that must succeed; returns the body. */
export async function must(
  cluster: Pick<TestCluster, 'request'>,
  method: string,
  path: string,
  body?: unknown,
  contentType?: string,
  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of whatever object they asked for.
): Promise<any> {
  const answer = await cluster.request(method, path, body, contentType === undefined ? {} : { contentType });
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}
