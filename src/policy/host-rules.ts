import { printCidr } from '../lib/cidr.ts';
import { type Egress, isPattern } from './egress.ts';
import { metadataRanges } from './metadata-addresses.ts';

/**
 * Parts of CiliumNetworkPolicies (cilium.io/v2). A host is allowed by its name: Cilium reads the answers that a pod gets from DNS, which is why
 * names must be resolved under a rule that it sees, and allows their addresses.
 */
const dns: object = {
  toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system' } }],
  toPorts: [
    {
      ports: ['UDP', 'TCP'].map((protocol) => ({ port: '53', protocol })),
      rules: { dns: [{ matchPattern: '*' }] },
    },
  ],
};

/** Most ports that Cilium takes in one list. */
const portsAtOnce = 40;

/** Egress rules that allow the hosts of a list; empty without any. */
export function hostRules(egress: readonly Egress[]): readonly object[] {
  const hosts = egress.flatMap(({ to, ports }) =>
    to.kind === 'host' ? [{ toFQDNs: [named(to.host)], toPorts: portLists(ports) }] : [],
  );
  return hosts.length === 0 ? [] : [dns, ...hosts];
}

const named = (host: string): object => (isPattern(host) ? { matchPattern: host } : { matchName: host });

/** Port 0 is every port, of TCP here. */
function portLists(ports: readonly number[]): readonly object[] {
  const all = ports.length === 0 ? [0] : ports;
  const lists: object[] = [];
  for (let i = 0; i < all.length; i += portsAtOnce)
    lists.push({
      ports: all.slice(i, i + portsAtOnce).map((port) => ({ port: String(port), protocol: 'TCP' })),
    });
  return lists;
}

/** What a name means is said by whoever owns it: no answer of theirs opens the way to a machine's credentials. Denials go before all else. */
export const metadataDenial: object = { egressDeny: [{ toCIDR: metadataRanges.map(printCidr) }] };
