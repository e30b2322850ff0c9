import { expect, test } from 'vitest';
import { refusal } from '../../support/client.ts';
import type { StepWish } from '../../support/step.ts';
import { connectTenants } from '../../support/tenant-client.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import type { ContractContext, ContractPart } from './context.ts';
import { deleteJob, getJob, namesOf } from './objects.ts';

const range = (value: string, ports: readonly number[] = []) => ({
  to: { case: 'cidr' as const, value },
  ports: [...ports],
});
const shared = { to: { case: 'namespace' as const, value: 'shared' } };

async function describeTenant({ replicas }: ContractContext, tenant: string) {
  const client = connectTenants(replicas[0].grpc);
  try {
    return await client.ready(tenant, { egress: [range('10.20.0.0/16', [443, 5432]), shared] });
  } finally {
    client.close();
  }
}

/** A step reaches what it asks for, of what its tenant may. What policies mean is in test/cluster/cyclonus. */
export const egress: ContractPart = (context) => {
  test('a step with egress of its own has a policy, which a retry makes again and which goes with its Job', async () => {
    const { client, other, cluster, step } = context();
    const { namespace } = await describeTenant(context(), 'narrow');
    const wish = { egress: [range('10.20.30.0/24', [443]), shared] };
    const request = step({ tenant: 'narrow', agent: { hang: true }, options: wish });
    await client.submit({ ...request, validateOnly: true });
    expect(await namesOf(cluster, 'networkpolicies', namespace, request.key)).toEqual([]);
    const accepted = await client.submitted(request);
    const { labels } = (await getJob(cluster, accepted)).spec.template.metadata;
    const own = labels['glip.greenlang.io/egress'];
    expect(own).toMatch(/^[a-z2-7]{20}$/);
    const [name, ...others] = await namesOf(cluster, 'networkpolicies', namespace, request.key);
    expect(others).toEqual([]);
    const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/${name}`;
    const { metadata, spec } = await must(cluster, 'GET', path);
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Job', uid: accepted.job?.uid }]);
    expect(spec).toMatchObject({
      podSelector: { matchLabels: { 'glip.greenlang.io/egress': own } },
      policyTypes: ['Egress'],
      egress: [
        { ports: [{ port: 53 }, { port: 53 }] },
        { to: [{ ipBlock: { cidr: '10.20.30.0/24' } }], ports: [{ protocol: 'TCP', port: 443 }] },
        { to: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP' }] },
      ],
    });
    const allowed = await must(cluster, 'GET', path.replace(/[^/]+$/, 'glip-allow-egress'));
    expect(allowed.spec.podSelector).toEqual({
      matchExpressions: [{ key: 'glip.greenlang.io/egress', operator: 'DoesNotExist' }],
    });

    // As if the executor had died behind the Job's create.
    await must(cluster, 'DELETE', path);
    expect((await other.submit(request)).created).toBe(false);
    expect(await namesOf(cluster, 'networkpolicies', namespace, request.key)).toEqual([name]);
    const wider = step({
      ...request.key,
      tenant: 'narrow',
      agent: { hang: true },
      options: { egress: [shared] },
    });
    expect(await refusal(client.submit(wider))).toMatchObject({ reason: 'STEP_SPEC_MISMATCH' });

    await client.cancel(request.key);
    const end = await client.watch(request.key).final();
    await deleteJob(cluster, end);
    await until(
      'the policy is collected',
      async () => (await namesOf(cluster, 'networkpolicies', namespace, request.key)).length === 0,
    );
  });

  test('a step that wants nothing has a policy with DNS alone, and one that does not say has none', async () => {
    const { client, cluster, step } = context();
    const { namespace } = await describeTenant(context(), 'silent');
    const quiet = step({ tenant: 'silent', options: { noEgress: true } });
    await client.submitted(quiet);
    const [name] = await namesOf(cluster, 'networkpolicies', namespace, quiet.key);
    const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/${name}`;
    expect((await must(cluster, 'GET', path)).spec.egress).toHaveLength(1);
    const usual = step({ tenant: 'silent' });
    const { labels } = (await getJob(cluster, await client.submitted(usual))).spec.template.metadata;
    expect(labels).not.toHaveProperty(['glip.greenlang.io/egress']);
    expect(await namesOf(cluster, 'networkpolicies', namespace, usual.key)).toEqual([]);
  });

  test('more than the tenant may reach is refused with every entry that is more, and all of it where nothing is described', async () => {
    const { client, cluster, step } = context();
    const { namespace } = await describeTenant(context(), 'modest');
    const wish = {
      egress: [
        range('10.0.0.0/8', [443]),
        range('10.20.30.0/24', [443]),
        range('10.20.30.0/24', [443, 80]),
        range('10.20.30.0/24'),
        { to: { case: 'namespace' as const, value: 'kube-system' } },
      ],
    };
    const request = step({ tenant: 'modest', options: wish });
    const refused = await refusal(client.submit(request));
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
    expect(refused.violations.map(({ field }) => field)).toEqual(
      [0, 2, 3, 4].map((i) => `options.egress[${i}]`),
    );
    expect(refused.violations[0]?.description).toBe(
      'is more than this tenant may reach, which is: 10.20.0.0/16 (ports 443, 5432), namespace shared',
    );
    expect(await namesOf(cluster, 'jobs', namespace, request.key)).toEqual([]);
    const undescribed: readonly (readonly [string, StepWish['options']])[] = [
      ['options.egress', { egress: [range('10.20.30.0/24', [443])] }],
      ['options.no_egress', { noEgress: true }],
    ];
    for (const [field, options] of undescribed) {
      const { violations } = await refusal(client.submit(step({ options: { ...options } })));
      expect(violations).toMatchObject([
        { field, description: expect.stringMatching(/^nobody has described this tenant/) },
      ]);
    }
  });

  test('hosts are refused in a cluster without Cilium, and what was described stays', async () => {
    const { replicas } = context();
    const client = connectTenants(replicas[0].grpc);
    try {
      await client.ready('homely');
      const egress = [{ to: { case: 'host' as const, value: 'db.example.org' } }];
      for (const validateOnly of [true, false])
        expect(await refusal(client.ensure('homely', { egress }, { validateOnly }))).toMatchObject({
          code: 'FAILED_PRECONDITION',
          reason: 'EGRESS_HOSTS_UNSUPPORTED',
        });
      expect((await client.get('homely')).spec?.egress).toEqual([]);
    } finally {
      client.close();
    }
  });

  test('a manifest that allows nothing external leaves the tenant’s namespaces, and is refused where nothing is described', async () => {
    const { client, cluster, step } = context();
    const { namespace } = await describeTenant(context(), 'inward');
    const spec = { permissions: { networkPolicy: { allowExternal: false } } };
    const request = step({ tenant: 'inward', spec });
    await client.submitted(request);
    const [name] = await namesOf(cluster, 'networkpolicies', namespace, request.key);
    const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/${name}`;
    const { egress } = (await must(cluster, 'GET', path)).spec;
    expect(egress).toHaveLength(2);
    expect(egress[1].to).toEqual([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shared' } } },
    ]);
    const usual = step({
      tenant: 'inward',
      spec: { permissions: { networkPolicy: { allowExternal: true } } },
    });
    await client.submitted(usual);
    expect(await namesOf(cluster, 'networkpolicies', namespace, usual.key)).toEqual([]);
    const { violations } = await refusal(client.submit(step({ spec })));
    expect(violations).toMatchObject([
      { field: 'invocation.spec.permissions.network_policy.allow_external' },
    ]);
  });
};
