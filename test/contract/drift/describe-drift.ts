import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TenantState } from '../../../gen/glip/executor/v1/tenant_service_pb.js';
import type { TestCluster } from '../../support/cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { fetchJson } from '../../support/fetch-json.ts';
import { isRunning, stateName } from '../../support/states.ts';
import { aStep } from '../../support/step.ts';
import { connectTenants, type SpecInit, type TenantClient } from '../../support/tenant-client.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { editsOf, essence, pathOf } from './edits.ts';

const spec: SpecInit = {
  quota: { pods: '10', 'requests.cpu': '4' },
  egress: [{ to: { case: 'cidr', value: '10.20.0.0/16' }, ports: [5432] }],
};

const apply = 'application/apply-patch+yaml';
// biome-ignore lint/suspicious/noExplicitAny: whatever object the API server has.
type Loose = any;

/** What becomes of changes that others make to a tenant's objects, with two replicas that both see them. */
export function describeDrift(name: string, startCluster: () => Promise<TestCluster>): void {
  describe(name, { timeout: 240_000 }, () => {
    let cluster: TestCluster;
    let executors: readonly TestExecutor[] = [];
    let tenants: TenantClient;

    beforeAll(async () => {
      cluster = await startCluster();
      executors = await Promise.all([1, 2].map(() => startExecutor({ access: cluster.access })));
      tenants = connectTenants(executors[0]!.grpc);
    }, 120_000);
    afterAll(async () => {
      tenants?.close();
      await Promise.all(executors.map((e) => e.stop()));
      await cluster?.stop();
    });

    const edit = (
      path: string,
      body: unknown,
      manager: string,
      contentType = 'application/merge-patch+json',
    ) => must(cluster, 'PATCH', `${path}?fieldManager=${manager}`, body, contentType);
    const metricOf = async (kind: string): Promise<number> => {
      const all = await Promise.all(
        executors.map(async ({ http }) => {
          const { body } = await fetchJson(new URL(`http://${http.host}:${http.port}/metrics`), 'GET');
          const found = new RegExp(`glip_executor_tenant_repairs_total\\{kind="${kind}"\\} (\\d+)`).exec(
            String(body),
          );
          return Number(found?.[1] ?? 0);
        }),
      );
      return all.reduce((sum, one) => sum + one, 0);
    };

    test('every object that is deleted or edited is repaired within 10 s, and steps that run do not notice', async () => {
      const { namespace } = await tenants.ready('drifter', spec);
      const [{ client }] = executors as [TestExecutor];
      const request = aStep(cluster, { tenant: 'drifter', agent: { hang: true } });
      await client.submit(request);
      const watch = client.watch(request.key);
      await watch.until('it runs', isRunning);

      const took: number[] = [];
      for (const change of editsOf('drifter')) {
        const path = pathOf(change, namespace);
        const before = essence(await must(cluster, 'GET', path));
        const repairs = await metricOf(change.kind);
        const began = performance.now();
        // Another editor each time: who insists is another case.
        if (change.patch === undefined) await must(cluster, 'DELETE', path);
        else await edit(path, change.patch, `editor-${took.length}`);
        await until(`repaired: ${change.what}`, async () => {
          const { status, body } = await cluster.request('GET', path);
          return status === 200 && essence(body) === before;
        });
        took.push(performance.now() - began);
        expect(took.at(-1), change.what).toBeLessThan(10_000);
        await until(
          `counted once: ${change.what}`,
          async () => (await metricOf(change.kind)) === repairs + 1,
        );
      }
      await until('all is well', async () => (await tenants.get('drifter')).state === TenantState.READY);
      const { items } = await must(cluster, 'GET', `/api/v1/namespaces/${namespace}/events`);
      const told = items.filter((e: Loose) => e.reason === 'TenantRepaired');
      expect(told).toHaveLength(took.length);
      expect(told[0].involvedObject).toMatchObject({ kind: 'Namespace', name: namespace });
      expect(told.map((e: Loose) => e.message).join('\n')).toContain(
        'NetworkPolicy glip-deny-all was missing',
      );
      const step = await client.get(request.key);
      expect(isRunning(step)).toBe(true);
      expect(step.incarnation).toBe(0);
      await client.cancel(request.key);
      expect(stateName(await watch.final())).toBe('CANCELLED');
      console.log(`${name}: ${took.length} repairs, the slowest ${Math.max(...took).toFixed(0)} ms`);
    });

    test('an owner who applies the same field otherwise is shown and not fought', async () => {
      const { namespace } = await tenants.ready('shared', spec);
      const path = `/api/v1/namespaces/${namespace}/resourcequotas/glip-quota`;
      const theirs = (hard: object) => ({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'glip-quota', namespace },
        spec: { hard },
      });
      await edit(`${path}`, theirs({ pods: '3' }), 'gitops&force=true', apply);
      const shown = await until('it is shown', async () => {
        const now = await tenants.get('shared');
        return now.problems.some((p) => p.includes('gitops')) ? now : undefined;
      });
      expect(shown.state).toBe(TenantState.DEGRADED);
      expect(shown.problems.join()).toContain('pods');
      expect((await must(cluster, 'GET', path)).spec.hard.pods).toBe('3');
      // A quota keeps nobody in: steps are taken.
      const [{ client }] = executors as [TestExecutor];
      expect((await client.submit(aStep(cluster, { tenant: 'shared' }))).created).toBe(true);
      await edit(`${path}`, theirs({}), 'gitops', apply);
      await until('they have let go', async () => (await tenants.get('shared')).state === TenantState.READY);
      expect((await must(cluster, 'GET', path)).spec.hard.pods).toBe('10');
    });

    test('a NetworkPolicy of others is told, and no reason to refuse steps', async () => {
      const { namespace } = await tenants.ready('widened', spec);
      const policies = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
      const theirs = (name: string, egress: object[]) => ({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name, namespace },
        spec: { podSelector: {}, policyTypes: ['Egress'], egress },
      });
      const count = () =>
        Promise.all(
          executors.map(async ({ http }) => {
            const { body } = await fetchJson(new URL(`http://${http.host}:${http.port}/metrics`), 'GET');
            return Number(/glip_executor_tenants_widened (\d+)/.exec(String(body))?.[1]);
          }),
        );
      await must(cluster, 'POST', policies, theirs('stricter', []));
      await must(cluster, 'POST', policies, theirs('wider', [{}]));
      const shown = await until('it is shown', async () => {
        const now = await tenants.get('widened');
        return now.problems.length > 0 ? now : undefined;
      });
      expect(shown.state).toBe(TenantState.READY);
      expect(shown.problems).toEqual([expect.stringMatching(/^NetworkPolicy wider: is not the executor's/)]);
      await until('both have counted it', async () => (await count()).every((n) => n === 1));
      for (const { complaints } of executors)
        expect(complaints.filter(({ msg }) => msg.includes('add to what a tenant'))).toHaveLength(1);
      const [{ client }] = executors as [TestExecutor];
      expect((await client.submit(aStep(cluster, { tenant: 'widened' }))).created).toBe(true);
      await must(cluster, 'DELETE', `${policies}/wider`);
      await until('it is shown no more', async () => (await tenants.get('widened')).problems.length === 0);
      await until('nor counted', async () => (await count()).every((n) => n === 0));
    });

    test('an editor who insists is a conflict, too', async () => {
      const { namespace } = await tenants.ready('pestered', spec);
      const path = `/api/v1/namespaces/${namespace}/resourcequotas/glip-quota`;
      const pods = async () => (await must(cluster, 'GET', path)).spec.hard.pods;
      const second = connectTenants(executors[1]!.grpc);
      const shown = async (client: TenantClient) =>
        (await client.get('pestered')).problems.some((p) => p.includes('stubborn'));
      // Each replica takes it back three times; what one of them leaves alone the other may still take.
      for (let round = 0; round < 7 && (await pods()) === '10'; round++) {
        await edit(path, { spec: { hard: { pods: '99' } } }, 'stubborn');
        await until(
          'both have decided',
          async () => (await pods()) === '10' || ((await shown(tenants)) && (await shown(second))),
        );
      }
      second.close();
      const { state, problems } = await tenants.get('pestered');
      expect(state).toBe(TenantState.DEGRADED);
      expect(problems).toHaveLength(1);
      expect(await pods()).toBe('99');
    });

    test('what was changed while no executor ran is repaired by the next one', async () => {
      const { namespace } = await tenants.ready('sleeper', spec);
      const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/glip-deny-all`;
      await Promise.all(executors.map((e) => e.stop()));
      await edit(path, { spec: { egress: [{}] } }, 'nobody-looks');
      const account = `/api/v1/namespaces/${namespace}/serviceaccounts/glip-agent-sleeper`;
      await must(cluster, 'DELETE', account);
      const successor = await startExecutor({ access: cluster.access });
      const client = connectTenants(successor.grpc);
      try {
        await until('all is well', async () => (await client.get('sleeper')).state === TenantState.READY);
        expect((await must(cluster, 'GET', path)).spec.egress ?? []).toEqual([]);
        await must(cluster, 'GET', account);
        await until('the edit is told', async () => {
          const { items } = await must(cluster, 'GET', `/api/v1/namespaces/${namespace}/events`);
          return items.some(
            (e: Loose) => e.reason === 'TenantRepaired' && e.message.includes('nobody-looks'),
          );
        });
      } finally {
        client.close();
        await successor.stop();
      }
    });
  });
}
