import { expect, test } from 'vitest';
import { services, world } from '../support/cilium/world.ts';
import { type EgressContext, inTurns } from './context.ts';
import { all, type Target } from './reach.ts';

const dns: Target = ['dns', services.dns, 'dns'];
/** Every address there is. */
const everywhere = { to: { case: 'cidr', value: '0.0.0.0/0' } } as const;

/** Steps of a tenant that is allowed much, and what they ask for of it. */
export function ownEgress(context: () => EgressContext, rounds: number): void {
  test('a tenant that is allowed every address reaches those outside by TCP, and neither the cluster nor metadata', async () => {
    const { tenants, allowed, denied, stepReaches } = context();
    await tenants.ready('wide', { egress: [everywhere] });
    const outside = ['another-port', 'beside', 'named', 'elsewhere'];
    const open = denied.filter(([name]) => outside.includes(name));
    expect(await stepReaches('wide', [...allowed, ...denied])).toEqual({
      ...all(denied, 'closed'),
      ...all([...allowed, ...open], 'open'),
    });
  });

  test('a step that asks for less reaches that with its first packet, and nothing else', async () => {
    const { tenants, allowed, denied, stepReaches } = context();
    await tenants.ready('wide', { egress: [everywhere] });
    const to = { case: 'cidr', value: `${world.hosts.archive}/32` } as const;
    const targets = [...allowed, ...denied, dns];
    const seen = await inTurns(rounds, () =>
      stepReaches('wide', targets, { egress: [{ to, ports: [443] }] }),
    );
    expect(seen).toEqual(
      Array.from({ length: rounds }, () => ({
        ...all(denied, 'closed'),
        ...all([...allowed, dns], 'open'),
      })),
    );
  });

  test('a step that asks for none reaches DNS alone', async () => {
    const { tenants, allowed, denied, stepReaches } = context();
    await tenants.ready('wide', { egress: [everywhere] });
    const targets = [...allowed, ...denied, dns];
    expect(await stepReaches('wide', targets, { noEgress: true })).toEqual({
      ...all([...allowed, ...denied], 'closed'),
      dns: 'open',
    });
  });
}
