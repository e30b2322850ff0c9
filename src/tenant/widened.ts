import type { Tenant } from './tenant.ts';

/** So many are named. */
const mostNamed = 10;

/**
 * A tenant in whose namespace others have put NetworkPolicies that allow something. They are others' to keep, and only ever add to what is
 * allowed: told, and no reason to refuse its steps.
 */
export function widened(tenant: Tenant, policies: readonly string[]): Tenant {
  if (policies.length === 0 || tenant.state === 'DELETING') return tenant;
  const named = policies
    .slice(0, mostNamed)
    .map(
      (name) =>
        `NetworkPolicy ${name}: is not the executor's, and adds to what the tenant's pods reach or to who reaches them; take it away, or describe what it is for (egress)`,
    );
  const rest = policies.length - named.length;
  return {
    ...tenant,
    problems: [
      ...tenant.problems,
      ...named,
      ...(rest > 0 ? [`and ${rest} more NetworkPolicies of others`] : []),
    ],
  };
}
