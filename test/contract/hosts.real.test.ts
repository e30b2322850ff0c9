import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { neededAccess } from '../../src/cli/check/permissions.ts';
import type { ClusterAccess } from '../../src/kube/kubeconfig.ts';
import { installCiliumApi } from '../support/cilium-api.ts';
import { refusal } from '../support/client.ts';
import { isAvailable } from '../support/control-plane/available.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { accessWithOurRights, createAudit } from '../support/executor-rights.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { aStep } from '../support/step.ts';
import { connectTenants, type SpecInit } from '../support/tenant-client.ts';
import { must } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { deleteJob } from './suite/objects.ts';

const host = (value: string) => ({ to: { case: 'host' as const, value }, ports: [443] });
const described: SpecInit = { egress: [host('*.example.org')] };
const policies = (namespace: string) => `/apis/cilium.io/v2/namespaces/${namespace}/ciliumnetworkpolicies`;

/** Egress to hosts by CiliumNetworkPolicies, under the rights of deploy/rbac.yaml alone. That Cilium enforces them is shown in test/egress. */
describe.skipIf(!isAvailable())('egress to hosts', { timeout: 90_000 }, () => {
  const audit = createAudit();
  let cluster: RealCluster;
  let access: ClusterAccess;
  const executors: TestExecutor[] = [];

  beforeAll(async () => {
    cluster = await startRealCluster({ apiServerFlags: audit.flags });
    access = await accessWithOurRights(cluster.controlPlane);
  }, 120_000);
  afterAll(async () => {
    await Promise.all(executors.map((e) => e.stop()));
    await cluster?.stop();
    audit.remove();
  });

  const anExecutor = async () => {
    const executor = await startExecutor({ access });
    executors.push(executor);
    return { executor, tenants: connectTenants(executor.grpc) };
  };

  test('is refused where the cluster has no Cilium, to tenants and steps, and everything else goes on', async () => {
    const { executor, tenants } = await anExecutor();
    const unsupported = { code: 'FAILED_PRECONDITION', reason: 'EGRESS_HOSTS_UNSUPPORTED' };
    await until('the executor knows its cluster', async () => {
      const error = await refusal(tenants.ensure('hopeful', described));
      return error.reason === 'EGRESS_HOSTS_UNSUPPORTED' && error;
    }).then((error) => expect(error).toMatchObject(unsupported));
    expect(await refusal(tenants.get('hopeful'))).toMatchObject({ reason: 'TENANT_UNKNOWN' });
    await tenants.ready('plain');
    // What was described where there was one: the step asks for what its tenant may reach, and nobody would hold it.
    const step = aStep(cluster, { tenant: 'plain', options: { egress: [host('db.example.org')] } });
    expect(await refusal(executor.client.submit(step))).toMatchObject({ reason: 'INVALID_REQUEST' });
    tenants.close();
  });

  test('is a policy that is kept, and one of each step that asks for less', async () => {
    await installCiliumApi(cluster);
    const { executor, tenants } = await anExecutor();
    const { namespace } = await until('hosts are taken', async () =>
      tenants.ready('reacher', described).catch(() => undefined),
    );
    const path = `${policies(namespace)}/glip-hosts`;
    const specs = async () => (await must(cluster, 'GET', path)).specs;
    const made = await specs();
    expect(made[0].egressDeny[0].toCIDR).toContain('169.254.0.0/16');
    expect(made[1].egress[1].toFQDNs).toEqual([{ matchPattern: '*.example.org' }]);
    // Tenants that were there before have one, too.
    await until('the other tenant has its policy', async () => {
      const { status } = await cluster.request('GET', `${policies('glip-plain')}/glip-hosts`);
      return status === 200;
    });

    await must(cluster, 'PATCH', path, {
      specs: [{ endpointSelector: {}, egress: [{ toEntities: ['all'] }] }],
    });
    await until(
      'it is as described again',
      async () => JSON.stringify(await specs()) === JSON.stringify(made),
    );
    await must(cluster, 'DELETE', path);
    await until('it is there again', async () => (await cluster.request('GET', path)).status === 200);

    const options = { egress: [host('db.example.org')] };
    const step = aStep(cluster, { tenant: 'reacher', agent: { hang: true }, options });
    await executor.client.submit({ ...step, validateOnly: true });
    const { job } = await executor.client.submitted(step);
    const own = async () => {
      const { items } = await must(cluster, 'GET', policies(namespace));
      return items.filter((p: { metadata: { name: string } }) => p.metadata.name !== 'glip-hosts');
    };
    const [policy, ...others] = await own();
    expect(others).toEqual([]);
    expect(policy.metadata.ownerReferences).toMatchObject([{ kind: 'Job', uid: job?.uid }]);
    expect(policy.spec.egress[1]).toMatchObject({ toFQDNs: [{ matchName: 'db.example.org' }] });
    const pod = await until('its pod is there', async () => {
      const { items } = await must(cluster, 'GET', `/api/v1/namespaces/${namespace}/pods`);
      return items[0];
    });
    expect(pod.metadata.labels).toMatchObject(policy.spec.endpointSelector.matchLabels);
    const wider = aStep(cluster, { tenant: 'reacher', options: { egress: [host('db.example.com')] } });
    expect((await refusal(executor.client.submit(wider))).violations).toMatchObject([
      { field: 'options.egress[0]' },
    ]);
    await executor.client.cancel(step.key);
    await deleteJob(cluster, await executor.client.watch(step.key).final());
    await until('its policy is collected', async () => (await own()).length === 0);
    const repairs = executor.complaints.filter(
      ({ msg }) => !/^tenant repaired: CiliumNetworkPolicy/.test(msg),
    );
    expect(repairs).toEqual([]);
    tenants.close();
  });

  test('each right on them was used', () => {
    const needed = neededAccess.find(({ addOn }) => addOn);
    const used = [...audit.calls().keys()].filter((call) => call.includes('ciliumnetworkpolicies'));
    const rights = needed?.verbs.map((verb) => `${verb} ciliumnetworkpolicies.cilium.io`);
    expect(used.sort()).toEqual(rights?.toSorted());
  });
});
