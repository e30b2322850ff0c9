import { ownEgressLabel } from '../job/metadata.ts';
import type { Egress } from '../policy/egress.ts';
import { dnsRule, egressRules } from '../policy/egress-rules.ts';

/** A NetworkPolicy's spec. Lists that are empty are written all the same: what is applied as empty cannot be filled by others. */
export interface PolicySpec {
  readonly podSelector: object;
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress: readonly object[];
  readonly egress: readonly object[];
}

/** Steps that are allowed less than their tenant have policies of their own. */
export const withoutOwnEgress = { matchExpressions: [{ key: ownEgressLabel, operator: 'DoesNotExist' }] };

/**
 * The policies of a tenant by name. Policies only ever add up to what is allowed, so the first one, which allows nothing, is what keeps every
 * pod of the namespace in; it holds also when the others are gone.
 */
export function networkPolicies(egress: readonly Egress[]): readonly (readonly [string, PolicySpec])[] {
  return [
    ['glip-deny-all', policy({}, ['Ingress', 'Egress'], [])],
    ['glip-allow-dns', policy({}, ['Egress'], [dnsRule])],
    ['glip-allow-egress', policy(withoutOwnEgress, ['Egress'], egressRules(egress))],
  ];
}

const policy = (
  podSelector: object,
  policyTypes: PolicySpec['policyTypes'],
  egress: readonly object[],
): PolicySpec => ({ podSelector, policyTypes, ingress: [], egress });
