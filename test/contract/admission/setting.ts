import type { KubernetesLine } from '../../support/control-plane/binaries.ts';
import { applyFile } from '../../support/deploy.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { accessWithOurRights } from '../../support/executor-rights.ts';
import { type RealCluster, startRealCluster } from '../../support/real-cluster.ts';
import { connectTenants, type TenantClient } from '../../support/tenant-client.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { aPod, digest } from './objects.ts';

/** A control plane with the policies of deploy/ in force, an executor with the rights of deploy/, and tenants. */
export interface Setting {
  readonly cluster: RealCluster;
  readonly executor: TestExecutor;
  readonly tenants: TenantClient;
  /** A tenant with sources. */
  readonly tenant: string;
  readonly namespace: string;
  /** An image of its sources. */
  readonly image: string;
  /** The namespace of a tenant without. */
  readonly unbounded: string;
  /** Writes the sources of the bounded tenant, or of another. Resolves when they are in force. */
  setSources(sources: string, namespace?: string): Promise<void>;
  /** Asks as somebody: of the built-in role `admin` in both namespaces is `jo`. */
  as(user: string, groups?: readonly string[]): RealCluster['request'];
  stop(): Promise<void>;
}

export const sources =
  'registry.example/probe ghcr.io/greenlang/agents/ingest ghcr.io/greenlang/tools/* localhost:5000/own/*';

export async function startSetting(line: KubernetesLine): Promise<Setting> {
  const cluster = await startRealCluster({ line });
  const { request } = cluster;
  await applyFile(cluster.controlPlane, 'admission-policy.yaml');
  const executor = await startExecutor({ access: await accessWithOurRights(cluster.controlPlane) });
  const tenants: TenantClient = connectTenants(executor.grpc);
  const { namespace } = await tenants.ready('bounded');
  const { namespace: unbounded } = await tenants.ready('unbounded');
  const image = `registry.example/probe:1.0.0@${digest}`;
  for (const one of [namespace, unbounded])
    await must(cluster, 'POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${one}/rolebindings`, {
      metadata: { name: 'people' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jo' }],
    });
  const setSources: Setting['setSources'] = async (text, where = namespace) => {
    await must(cluster, 'PATCH', `/api/v1/namespaces/${where}`, {
      metadata: { annotations: { 'glip.greenlang.io/image-sources': text } },
    });
    const unlikely = aPod(`unlikely.example/${Date.now()}@${digest}`);
    await until('the sources are in force', async () => {
      const { body } = await request('POST', `/api/v1/namespaces/${where}/pods?dryRun=All`, unlikely);
      return JSON.stringify(body).includes(
        `none of the sources of this tenant: ${text.replaceAll(' ', ', ') || 'it has none'}"`,
      );
    });
  };
  await setSources(sources);
  return {
    cluster,
    executor,
    tenants,
    tenant: 'bounded',
    namespace,
    image,
    unbounded,
    setSources,
    as:
      (user, groups = []) =>
      (method, path, body, options) =>
        request(method, path, body, {
          ...options,
          headers: {
            ...options?.headers,
            'impersonate-user': user,
            ...(groups.length > 0 && { 'impersonate-group': groups.join(',') }),
          },
        }),
    async stop() {
      tenants.close();
      await executor.stop();
      await cluster.stop();
    },
  };
}
