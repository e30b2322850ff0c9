import { expect, test } from 'vitest';
import { names, services, world } from '../support/cilium/world.ts';
import { must } from '../support/tenants.ts';
import { type EgressContext, inTurns } from './context.ts';
import type { Target } from './reach.ts';

const [allowed, other] = Object.keys(names) as [string, string];

/** Ways by host name, which Cilium learns from the answers of DNS. */
export function hostNames(context: () => EgressContext, rounds: number): void {
  test('a step reaches a host by its name from its first packet on, and no other, under another name or by another port', async () => {
    const { cluster, tenants, stepReaches } = context();
    const { namespace } = await tenants.ready('caller');
    await must(cluster, 'POST', `/apis/cilium.io/v2/namespaces/${namespace}/ciliumnetworkpolicies`, policy);
    const targets: readonly Target[] = [
      ['allowed', allowed, 443],
      ['another-port', allowed, 8443],
      ['other', other, 443],
      ['other-by-address', world.hosts.other, 443],
      ['another-dns', world.hosts.named, 'dns'],
      ['api-service', services.apiServer, 443],
    ];
    const seen = await inTurns(rounds, () => stepReaches('caller', targets));
    expect(seen).toEqual(
      Array.from({ length: rounds }, () => ({
        allowed: 'open',
        'another-port': 'closed',
        other: 'closed',
        'other-by-address': 'closed',
        'another-dns': 'closed',
        'api-service': 'closed',
      })),
    );
  });
}

const dns = { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s-app': 'kube-dns' };
const policy = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'hosts' },
  spec: {
    endpointSelector: {},
    egress: [
      {
        toEndpoints: [{ matchLabels: dns }],
        toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [{ matchPattern: '*' }] } }],
      },
      {
        toFQDNs: [{ matchName: allowed }],
        toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }],
      },
    ],
  },
};
