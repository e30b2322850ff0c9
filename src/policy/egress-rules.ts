import { parseCidr } from '../lib/cidr.ts';
import type { Egress } from './egress.ts';
import { exceptionsOf } from './metadata-addresses.ts';

const dnsPorts = ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 }));

/** The label is the API server's own; nobody else can write it. */
const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});

/** The rule of a NetworkPolicy that lets names be resolved. */
export const dnsRule: object = { to: [inNamespace('kube-system')], ports: dnsPorts };

/** The rules of a NetworkPolicy that allow what it can hold, which are no hosts. */
export const egressRules = (egress: readonly Egress[]): readonly object[] => egress.flatMap(rules);

function rules({ to, ports }: Egress): readonly object[] {
  if (to.kind === 'host') return [];
  const peer = to.kind === 'namespace' ? inNamespace(to.namespace) : range(to.cidr);
  const allowed = ports.map((port) => ({ protocol: 'TCP', port }));
  // Without ports a rule would allow every protocol: the contract says TCP.
  return [{ to: [peer], ports: allowed.length > 0 ? allowed : [{ protocol: 'TCP' }] }];
}

function range(cidr: string): object {
  const parsed = parseCidr(cidr);
  const except = parsed.ok ? exceptionsOf(parsed.value) : [];
  return { ipBlock: { cidr, ...(except.length > 0 && { except }) } };
}
