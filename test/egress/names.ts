import { expect, test } from 'vitest';
import { services, world } from '../support/cilium/world.ts';
import { type EgressContext, inTurns } from './context.ts';
import type { Reached, Target } from './reach.ts';

const host = (value: string, ports: readonly number[]) => ({
  to: { case: 'host' as const, value },
  ports: [...ports],
});

/** Ways by host name, which Cilium learns from the answers of DNS. */
export function hostNames(context: () => EgressContext, rounds: number): void {
  const ways: readonly Target[] = [
    ['named', 'named.example', 443],
    ['another-port', 'named.example', 8443],
    ['other', 'other.example', 443],
    ['other-by-address', world.hosts.other, 443],
    ['another-dns', world.hosts.named, 'dns'],
    ['api-service', services.apiServer, 443],
  ];
  const onlyNamed: Reached = {
    named: 'open',
    'another-port': 'closed',
    other: 'closed',
    'other-by-address': 'closed',
    'another-dns': 'closed',
    'api-service': 'closed',
  };

  test('a step reaches a host by its name from its first packet on, and no other, by no other port', async () => {
    const { tenants, stepReaches } = context();
    await tenants.ready('caller', { egress: [host('named.example', [443])] });
    const seen = await inTurns(rounds, () => stepReaches('caller', ways));
    expect(seen).toEqual(Array.from({ length: rounds }, () => onlyNamed));
  });

  test('a step that asks for one of the names that its tenant is allowed reaches that one', async () => {
    const { tenants, stepReaches } = context();
    await tenants.ready('talker', { egress: [host('*.example', [])] });
    const asked = { egress: [host('named.example', [443])] };
    const seen = await inTurns(rounds, () => stepReaches('talker', ways, asked));
    expect(seen).toEqual(Array.from({ length: rounds }, () => onlyNamed));
    expect(await stepReaches('talker', ways)).toEqual({
      ...onlyNamed,
      'another-port': 'open',
      other: 'open',
      // By then its name was asked for.
      'other-by-address': expect.any(String),
    });
    expect(await stepReaches('talker', ways, { noEgress: true })).toEqual({ ...onlyNamed, named: 'closed' });
  });

  test('a name that is allowed opens no way to metadata, nor to the cluster, whatever its owner says it means', async () => {
    const { cluster, tenants, stepReaches } = context();
    const { port } = cluster.apiServer;
    await tenants.ready('misled', { egress: [host('*.example', [])] });
    const misleading: readonly Target[] = [
      ['named', 'named.example', 443],
      ['metadata', 'metadata.example', 80],
      ['api-server', 'api-server.example', port],
    ];
    expect(await stepReaches('misled', misleading)).toEqual({
      named: 'open',
      metadata: 'closed',
      'api-server': 'closed',
    });
  });
}
