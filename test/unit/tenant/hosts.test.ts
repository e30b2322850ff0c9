import { expect, test } from 'vitest';
import type { Egress, HostSupport } from '../../../src/policy/egress.ts';
import { differences } from '../../../src/tenant/differences.ts';
import { rulesOf } from '../../../src/tenant/tenants.ts';
import { aSpec, objectsOf, stored } from './build.ts';
import { aReplica } from './cluster.ts';

const database: Egress = { to: { kind: 'host', host: 'db.example.org' }, ports: [5432] };
const withHost = aSpec({ egress: [database] });

test('where the cluster has Cilium, a tenant has a policy of it: hosts, and no way to metadata whoever allows it', () => {
  const kinds = objectsOf('acme', withHost, 'yes').map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  // Before the account, without which no pod is made.
  expect(kinds.slice(4, 6)).toEqual(['CiliumNetworkPolicy glip-hosts', 'ResourceQuota glip-quota']);
  const specsOf = (spec = withHost) =>
    objectsOf('acme', spec, 'yes').find(({ kind }) => kind === 'CiliumNetworkPolicy')?.specs;
  expect(specsOf()).toMatchObject([
    { endpointSelector: {}, egressDeny: [{ toCIDR: expect.arrayContaining(['169.254.0.0/16']) }] },
    {
      endpointSelector: { matchExpressions: [{ key: 'glip.greenlang.io/egress', operator: 'DoesNotExist' }] },
      egress: [{}, { toFQDNs: [{ matchName: 'db.example.org' }] }],
    },
  ]);
  expect(specsOf(aSpec())).toHaveLength(1);
  for (const support of ['no', 'unknown'] as const)
    expect(objectsOf('acme', withHost, support).map(({ kind }) => kind)).not.toContain('CiliumNetworkPolicy');
});

test('a rule that somebody adds to it is a difference', () => {
  const wanted = objectsOf('acme', withHost, 'yes').find(({ kind }) => kind === 'CiliumNetworkPolicy')!;
  expect(differences(wanted, stored(wanted))).toEqual([]);
  const [deny, hosts] = wanted.specs as { egress?: object[] }[];
  const wider = { specs: [deny, { ...hosts, egress: [...(hosts?.egress ?? []), { toEntities: ['all'] }] }] };
  expect(differences(wanted, stored(wanted, {}, wider))).toEqual(['specs']);
});

test('hosts are refused where nobody would hold them, and nothing is laid down', async () => {
  let support: HostSupport = 'no';
  const { tenants, calls, signal } = aReplica(() => support);
  for (const ask of [tenants.ensure, tenants.validate]) {
    support = 'no';
    await expect(ask('acme', withHost, signal)).rejects.toMatchObject({ reason: 'EGRESS_HOSTS_UNSUPPORTED' });
    support = 'unknown';
    await expect(ask('acme', withHost, signal)).rejects.toMatchObject({ reason: 'NOT_YET_SYNCED' });
  }
  expect(calls).toEqual([]);
  support = 'yes';
  await tenants.ensure('acme', withHost, signal);
  expect(await tenants.get('acme', signal)).toMatchObject({ state: 'READY', problems: [] });
  // Cilium is taken away: steps go on, and reach no host.
  support = 'no';
  const closed = await tenants.get('acme', signal);
  expect(closed).toMatchObject({
    state: 'DEGRADED',
    problems: [expect.stringMatching(/^egress to hosts: .* no host/)],
  });
  expect(rulesOf(closed, support)).toMatchObject({ egress: [database], hosts: 'no' });
});

test('no step starts while it is not as described', async () => {
  const { tenants, change, signal } = aReplica(() => 'yes');
  await tenants.ensure('acme', withHost, signal);
  expect(await tenants.get('acme', signal)).toMatchObject({ open: false });
  change('CiliumNetworkPolicy', 'glip-hosts', (policy) => {
    policy.specs = [{ endpointSelector: {}, egress: [{ toEntities: ['all'] }] }];
  });
  expect(await tenants.get('acme', signal)).toMatchObject({ open: true });
});
