import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isCiliumAvailable } from '../support/cilium/packages.ts';
import { services, world } from '../support/cilium/world.ts';
import { canaryOf } from './canary.ts';
import { type EgressContext, inTurns, open, startEgress } from './context.ts';
import { hostNames } from './names.ts';
import { podReaches } from './pods.ts';
import { all, type Target } from './reach.ts';
import { ownEgress } from './steps.ts';

const rounds = 20;

describe.skipIf(!isCiliumAvailable())('where policies are enforced', { timeout: 240_000 }, () => {
  let context: EgressContext;
  beforeAll(async () => {
    context = await startEgress();
  }, 400_000);
  afterAll(() => context?.stop());

  const dns: Target = ['dns', services.dns, 'dns'];

  test('a pod that nobody bounds reaches everything but the pods of tenants', async () => {
    const { cluster, allowed, denied } = context;
    const targets = [...allowed, ...denied, dns];
    expect(await podReaches(cluster, open, 'looks', targets)).toEqual({
      ...all(targets, 'open'),
      'own-pod': 'closed',
      'pod-of-rival': 'closed',
    });
  });

  test('a step reaches what its tenant is allowed, and nothing else', async () => {
    const { allowed, denied, stepReaches } = context;
    expect(await stepReaches('acme', [...allowed, ...denied, dns])).toEqual({
      ...all([...allowed, dns], 'open'),
      ...all(denied, 'closed'),
    });
  });

  test('a step of a tenant that is allowed nothing reaches DNS', async () => {
    const { allowed, denied, stepReaches } = context;
    expect(await stepReaches('rival', [...allowed, ...denied, dns])).toEqual({
      ...all([...allowed, ...denied], 'closed'),
      dns: 'open',
    });
  });

  test(`${rounds} short steps reach it with their first packet, and with no packet anything else`, async () => {
    const { cluster, allowed, stepReaches } = context;
    const beside: Target = ['beside', world.hosts.beside, 443];
    const before = cluster.visits().length;
    expect(await inTurns(rounds, () => stepReaches('acme', [...allowed, beside]))).toEqual(
      Array.from({ length: rounds }, () => ({ archive: 'open', beside: 'closed' })),
    );
    const came = cluster.visits().slice(before);
    expect(came.map(({ to, port }) => `${to}:${port}`)).toEqual(
      Array.from({ length: rounds }, () => `${world.hosts.archive}:443`),
    );
    // Each from a pod of its own.
    expect(new Set(came.map(({ from }) => from)).size).toBeGreaterThan(1);
  });

  test('nobody outside of the cluster reaches the pods of a tenant either', async () => {
    const { cluster, denied } = context;
    const listening = denied.filter(([name]) => name.includes('pod'));
    const fromOutside = await Promise.all(
      listening.map(async ([name, host, port]) => [
        name,
        await cluster.reachesFromOutside(host, Number(port)),
      ]),
    );
    expect(Object.fromEntries(fromOutside)).toEqual({
      'own-pod': false,
      'pod-of-rival': false,
      'pod-of-nobody': true,
    });
  });

  test('the canary of `check --egress` says that they are, and from the first packet on', async () => {
    expect(await canaryOf(context.cluster)).toEqual({
      ok: true,
      status: 'ok',
      what: expect.stringMatching(/^NetworkPolicies are enforced on node node-1/),
    });
  });

  ownEgress(() => context, rounds);
  hostNames(() => context, rounds);
});
