import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isCiliumAvailable } from '../support/cilium/packages.ts';
import { canaryOf } from './canary.ts';
import { type EgressContext, startEgress } from './context.ts';
import { listenPort } from './pods.ts';
import { all } from './reach.ts';

/** The same tenants, objects and pods as where they are enforced: what differs is the network alone. */
describe.skipIf(!isCiliumAvailable())('where policies are not enforced', { timeout: 240_000 }, () => {
  let context: EgressContext;
  beforeAll(async () => {
    context = await startEgress({ enforce: 'never' });
  }, 400_000);
  afterAll(() => context?.stop());

  test('a step of a tenant that is allowed nothing reaches everything', async () => {
    const { allowed, denied, stepReaches } = context;
    const targets = [...allowed, ...denied];
    expect(await stepReaches('rival', targets)).toEqual(all(targets, 'open'));
  });

  test('everybody reaches the pods of a tenant', async () => {
    const { cluster, denied } = context;
    const [, host = ''] = denied.find(([name]) => name === 'own-pod') ?? [];
    expect(await cluster.reachesFromOutside(host, listenPort)).toBe(true);
  });

  test('the canary of `check --egress` says so', async () => {
    expect(await canaryOf(context.cluster)).toMatchObject({
      ok: false,
      status: 'fail',
      what: expect.stringMatching(/^NetworkPolicies are not enforced on node node-1/),
    });
  });
});
