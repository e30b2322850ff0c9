import { expect, test } from 'vitest';
import { printCidr } from '../../../src/lib/cidr.ts';
import type { Egress } from '../../../src/policy/egress.ts';
import { egressRules } from '../../../src/policy/egress-rules.ts';
import { hostRules, metadataDenial } from '../../../src/policy/host-rules.ts';
import { metadataRanges } from '../../../src/policy/metadata-addresses.ts';

const host = (name: string, ...ports: readonly number[]): Egress => ({
  to: { kind: 'host', host: name },
  ports,
});

test('hosts are allowed by name, under a rule by which Cilium sees what DNS answers', () => {
  const range: Egress = { to: { kind: 'cidr', cidr: '10.0.0.0/8' }, ports: [] };
  const tcp = (...ports: readonly string[]) => ({ ports: ports.map((port) => ({ port, protocol: 'TCP' })) });
  expect(hostRules([host('db.example.org', 443, 5432), range, host('*.example.org')])).toEqual([
    {
      toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system' } }],
      toPorts: [
        {
          ports: [
            { port: '53', protocol: 'UDP' },
            { port: '53', protocol: 'TCP' },
          ],
          rules: { dns: [{ matchPattern: '*' }] },
        },
      ],
    },
    { toFQDNs: [{ matchName: 'db.example.org' }], toPorts: [tcp('443', '5432')] },
    { toFQDNs: [{ matchPattern: '*.example.org' }], toPorts: [tcp('0')] },
  ]);
});

test('no list of ports is longer than Cilium takes', () => {
  const ports = Array.from({ length: 100 }, (_, i) => i + 1);
  const [, rule] = hostRules([host('db.example.org', ...ports)]) as {
    toPorts: { ports: { port: string }[] }[];
  }[];
  expect(rule?.toPorts.map((list) => list.ports.length)).toEqual([40, 40, 20]);
  expect(rule?.toPorts.flatMap((list) => list.ports.map(({ port }) => Number(port)))).toEqual(ports);
});

test('without hosts there are no rules for them, and a NetworkPolicy has none of hosts', () => {
  expect(hostRules([{ to: { kind: 'cidr', cidr: '10.0.0.0/8' }, ports: [] }])).toEqual([]);
  expect(egressRules([host('db.example.org')])).toEqual([]);
});

test('no name opens the way to metadata', () => {
  expect(metadataDenial).toEqual({ egressDeny: [{ toCIDR: metadataRanges.map(printCidr) }] });
});
