import { describe, expect, test } from 'vitest';
import { annotation, managedBy } from '../../../src/job/metadata.ts';
import type { ApiResponse } from '../../support/control-plane/api.ts';
import { stateName } from '../../support/states.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { denial } from './denial.ts';
import type { Setting } from './setting.ts';
import { stepsOf } from './steps.ts';

const says = (user: string): string =>
  'only the executor may change what isolates and bounds a tenant (what bears its label, or a name that begins with "glip-"), and ' +
  `"${user}" is not it: describe the tenant by its API`;
const saysOfPolicies = (user: string): string =>
  `only the executor opens ways to and from the pods of a tenant, and "${user}" is not it: describe what the tenant reaches (egress) by its API`;

const ours = { [managedBy.label]: managedBy.value };
const open = { podSelector: {}, policyTypes: ['Egress', 'Ingress'], egress: [{}], ingress: [{}] };
/** More than the role `admin` has, which may read quotas only; and nothing to the namespace. */
const more = {
  apiGroups: ['', 'cilium.io'],
  resources: [
    'resourcequotas',
    'resourcequotas/status',
    'limitranges',
    'serviceaccounts',
    'ciliumnetworkpolicies',
    'ciliumnetworkpolicies/status',
  ],
  verbs: ['*'],
};
const ciliumPolicies = {
  metadata: { name: 'ciliumnetworkpolicies.cilium.io' },
  spec: {
    group: 'cilium.io',
    scope: 'Namespaced',
    names: { plural: 'ciliumnetworkpolicies', kind: 'CiliumNetworkPolicy' },
    versions: [
      {
        name: 'v2',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

/** The policy glip-tenants: what holds a tenant in is nobody's to change, whatever their rights in its namespace. */
export function describeTenants(use: () => Setting): void {
  const ask = (user: string, method: string, path: string, body?: object) =>
    use().as(user)(method, path, body);
  const jo = (method: string, path: string, body?: object) => ask('jo', method, path, body);
  const core = (name = '') => `/api/v1/namespaces/${use().namespace}/${name}`;
  const policies = (name = '') =>
    `/apis/networking.k8s.io/v1/namespaces/${use().namespace}/networkpolicies${name}`;
  const { running } = stepsOf(use);

  /** Gives `lee` those rights, and waits until they are in force. */
  const letLee = async () => {
    const { cluster, namespace } = use();
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    await cluster.request('POST', `${rbac}/roles`, { metadata: { name: 'more' }, rules: [more] });
    await cluster.request('POST', `${rbac}/rolebindings`, {
      metadata: { name: 'more' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'more' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'lee' }],
    });
    await until(
      'the right is there',
      async () => (await ask('lee', 'GET', core('limitranges'))).status === 200,
    );
  };

  describe('tenants', () => {
    const isolating = ['glip-deny-all', 'glip-allow-dns', 'glip-allow-egress'];

    test.each(isolating)(
      'somebody with the role admin deletes and changes none of them: %s',
      async (name) => {
        const path = policies(`/${name}`);
        expect(denial(await jo('DELETE', path))).toBe(says('jo'));
        for (const change of [
          { spec: open },
          { metadata: { labels: { [managedBy.label]: null } } },
          { metadata: { labels: null, annotations: null } },
          { metadata: { annotations: { 'of-their-own': 'x' } } },
          { metadata: { finalizers: ['x.example/hold'] } },
          { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'gone' }] } },
        ])
          expect(denial(await jo('PATCH', path, change)), JSON.stringify(change)).toBe(says('jo'));
      },
    );

    test('all of them at once neither', async () => {
      const before = (await must(use().cluster, 'GET', policies())).items.length;
      expect(denial(await jo('DELETE', policies()))).toBe(says('jo'));
      expect(denial(await jo('DELETE', `${policies()}?fieldSelector=metadata.name%3Dglip-deny-all`))).toBe(
        says('jo'),
      );
      expect((await must(use().cluster, 'GET', policies())).items).toHaveLength(before);
    });

    test('no other policy is made beside them, with our label or without', async () => {
      const made = (metadata: object) => jo('POST', policies(), { metadata, spec: open });
      expect(denial(await made({ name: 'open' }))).toBe(saysOfPolicies('jo'));
      expect(denial(await made({ generateName: 'open-' }))).toBe(saysOfPolicies('jo'));
      expect(denial(await made({ name: 'glip-open' }))).toBe(says('jo'));
      expect(denial(await made({ name: 'open', labels: ours }))).toBe(says('jo'));
    });

    test("what the cluster's administrators have put there is not the tenant's to take away", async () => {
      const { cluster } = use();
      await must(cluster, 'POST', policies(), { metadata: { name: 'theirs' }, spec: { podSelector: {} } });
      expect(denial(await jo('PATCH', policies('/theirs'), { spec: open }))).toBe(saysOfPolicies('jo'));
      expect(denial(await jo('DELETE', policies('/theirs')))).toBe(saysOfPolicies('jo'));
      await must(cluster, 'DELETE', policies('/theirs'));
    });

    test('quota, defaults and the account of agents hold against whoever may write those', async () => {
      await letLee();
      const account = `serviceaccounts/glip-agent-${use().tenant}`;
      const changes: readonly (readonly [string, object])[] = [
        ['resourcequotas/glip-quota', { spec: { hard: { pods: '1000' } } }],
        ['resourcequotas/glip-quota/status', { metadata: { labels: { [managedBy.label]: null } } }],
        ['resourcequotas/glip-quota/status', { status: { used: { pods: '0' } } }],
        ['limitranges/glip-defaults', { spec: { limits: [] } }],
        [account, { automountServiceAccountToken: true }],
        [account, { metadata: { labels: { [managedBy.label]: 'me' } } }],
      ];
      for (const [path, change] of changes)
        expect(denial(await ask('lee', 'PATCH', core(path), change)), path).toBe(says('lee'));
      for (const path of ['resourcequotas/glip-quota', 'limitranges/glip-defaults', account])
        expect(denial(await ask('lee', 'DELETE', core(path))), path).toBe(says('lee'));
      for (const kind of ['resourcequotas', 'limitranges', 'serviceaccounts'])
        expect(denial(await ask('lee', 'DELETE', core(kind))), kind).toBe(says('lee'));
      expect(
        denial(await ask('lee', 'POST', core('serviceaccounts'), { metadata: { name: 'glip-agent-x' } })),
      ).toBe(says('lee'));
    });

    test("accounts and quotas of one's own are one's own", async () => {
      await letLee();
      const account = core('serviceaccounts');
      const status = ({ status }: ApiResponse) => status;
      expect(status(await jo('POST', account, { metadata: { name: 'own' } }))).toBe(201);
      expect(status(await jo('PATCH', `${account}/own`, { automountServiceAccountToken: false }))).toBe(200);
      expect(status(await jo('DELETE', `${account}/own`))).toBe(200);
      const quota = { metadata: { name: 'own' }, spec: { hard: { pods: '5' } } };
      expect(status(await ask('lee', 'POST', core('resourcequotas'), quota))).toBe(201);
      expect(status(await ask('lee', 'DELETE', core('resourcequotas/own')))).toBe(200);
    });

    test("policies of Cilium's are of that sort, where they are there", async () => {
      const { cluster, namespace } = use();
      await letLee();
      await must(cluster, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', ciliumPolicies);
      const path = `/apis/cilium.io/v2/namespaces/${namespace}/ciliumnetworkpolicies`;
      await until('they are served', async () => (await cluster.request('GET', path)).status === 200);
      const kind = { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy' };
      const policy = { ...kind, metadata: { name: 'open' }, spec: { egress: [{ toEntities: ['all'] }] } };
      expect(denial(await ask('lee', 'POST', path, policy))).toBe(saysOfPolicies('lee'));
      await must(cluster, 'POST', path, { ...policy, metadata: { name: 'hosts', labels: ours } });
      expect(denial(await ask('lee', 'DELETE', `${path}/hosts`))).toBe(says('lee'));
      const status = { metadata: { labels: { [managedBy.label]: null } } };
      expect(denial(await ask('lee', 'PATCH', `${path}/hosts/status`, status))).toBe(says('lee'));
      await must(cluster, 'DELETE', `${path}/hosts`);
    });

    test("a step's own policy is bounded like its tenant's, and goes with its Job", async () => {
      const { cluster, executor } = use();
      const { key, watch, step } = await running({ options: { noEgress: true } });
      const own = await until('its policy is there', async () => {
        const { items } = await must(cluster, 'GET', policies());
        return items.find(
          (item: { metadata: { annotations?: Record<string, string> } }) =>
            item.metadata.annotations?.[annotation.key]?.includes(key.runId) === true,
        );
      });
      const path = policies(`/${own.metadata.name}`);
      expect(denial(await jo('PATCH', path, { spec: open }))).toBe(says('jo'));
      expect(denial(await jo('DELETE', path))).toBe(says('jo'));
      await executor.client.cancel(key);
      expect(stateName(await watch.final())).toBe('CANCELLED');
      await must(cluster, 'DELETE', `/apis/batch/v1/namespaces/${use().namespace}/jobs/${step.job?.name}`, {
        propagationPolicy: 'Background',
      });
      await until('it is gone', async () => (await cluster.request('GET', path)).status === 404);
    });

    test('whoever may change the namespace may do all of it, and the executor mends it', async () => {
      const { cluster } = use();
      const { metadata } = await must(cluster, 'GET', policies('/glip-deny-all'));
      await must(cluster, 'DELETE', policies('/glip-deny-all'));
      await until('it is there again', async () => {
        const { body } = await cluster.request('GET', policies('/glip-deny-all'));
        return body.metadata?.uid !== undefined && body.metadata.uid !== metadata.uid;
      });
    });

    test('a tenant whose description changes, and one that is deleted: neither is in the way', async () => {
      const { cluster, tenants } = use();
      const { namespace } = await tenants.ready('passing', { quota: { pods: '5' } });
      const egress = [{ to: { case: 'cidr' as const, value: '203.0.113.0/24' }, ports: [443] }];
      await tenants.ready('passing', { quota: { pods: '7' }, egress });
      await until('its quota is counted', async () => {
        const { body } = await cluster.request(
          'GET',
          `/api/v1/namespaces/${namespace}/resourcequotas/glip-quota`,
        );
        return body.status?.hard?.pods === '7' && body.status.used?.pods === '0';
      });
      await tenants.delete('passing');
      await until(
        'it is gone',
        async () => (await cluster.request('GET', `/api/v1/namespaces/${namespace}`)).status === 404,
      );
    });
  });
}
