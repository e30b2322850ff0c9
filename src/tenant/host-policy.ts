import type { Egress } from '../policy/egress.ts';
import { hostRules, metadataDenial } from '../policy/host-rules.ts';
import { withoutOwnEgress } from './network-policies.ts';

/** The specs of a tenant's CiliumNetworkPolicy: what no pod of it reaches, whoever allows it; and the hosts, for steps without egress of their own. */
export function hostPolicySpecs(egress: readonly Egress[]): readonly object[] {
  const rules = hostRules(egress);
  return [
    { endpointSelector: {}, ...metadataDenial },
    ...(rules.length > 0 ? [{ endpointSelector: withoutOwnEgress, egress: rules }] : []),
  ];
}
