import { parseCidr } from '../lib/cidr.ts';
import { exceptionsOf } from './metadata-addresses.ts';
import type { TenantEgress } from './spec.ts';

/** A NetworkPolicy's spec. Lists that are empty are written all the same: what is applied as empty cannot be filled by others. */
export interface PolicySpec {
  readonly podSelector: Readonly<Record<string, never>>;
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress: readonly object[];
  readonly egress: readonly object[];
}

const dnsPorts = ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 }));

/**
 * The policies of a tenant by name. Policies only ever add up to what is allowed, so the first one, which allows nothing, is what keeps every
 * pod of the namespace in; it holds also when the others are gone.
 */
export function networkPolicies(egress: readonly TenantEgress[]): readonly (readonly [string, PolicySpec])[] {
  return [
    ['glip-deny-all', policy(['Ingress', 'Egress'], [])],
    ['glip-allow-dns', policy(['Egress'], [{ to: [inNamespace('kube-system')], ports: dnsPorts }])],
    ['glip-allow-egress', policy(['Egress'], egress.map(rule))],
  ];
}

const policy = (policyTypes: PolicySpec['policyTypes'], egress: readonly object[]): PolicySpec => ({
  podSelector: {},
  policyTypes,
  ingress: [],
  egress,
});

function rule({ to, ports }: TenantEgress): object {
  const peer = to.kind === 'namespace' ? inNamespace(to.namespace) : range(to.cidr);
  const allowed = ports.map((port) => ({ protocol: 'TCP', port }));
  // Without ports a rule would allow every protocol: the contract says TCP.
  return { to: [peer], ports: allowed.length > 0 ? allowed : [{ protocol: 'TCP' }] };
}

/** The label is the API server's own; nobody else can write it. */
const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
});

function range(cidr: string): object {
  const parsed = parseCidr(cidr);
  const except = parsed.ok ? exceptionsOf(parsed.value) : [];
  return { ipBlock: { cidr, ...(except.length > 0 && { except }) } };
}
