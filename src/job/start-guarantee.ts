import type { Violation } from '../step/errors.ts';
import type { Options } from './options.ts';

/** Whether steps start at most once that do not say. */
export interface StartDefaults {
  readonly cluster: boolean;
  /** By tenant, before the cluster's. */
  readonly tenants: ReadonlyMap<string, boolean>;
  /** What the tenant's own description says, before both. */
  readonly described?: boolean | undefined;
}

/**
 * How often a step may start: what it says itself, else its tenant's default, else the cluster's. A default that protects is not lifted by
 * an option that does not name it: who wants lost pods replaced there says so.
 */
export function chooseStart(
  { atMostOnce: said, replaceDisrupted }: Pick<Options, 'atMostOnce' | 'replaceDisrupted'>,
  { cluster, tenants, described }: StartDefaults,
  tenant: string,
  path: string,
): { readonly atMostOnce: boolean; readonly violations: readonly Violation[] } {
  const atMostOnce = said ?? described ?? tenants.get(tenant) ?? cluster;
  if (!atMostOnce || !replaceDisrupted) return { atMostOnce, violations: [] };
  const field = `${path}.disruption_policy`;
  if (said) {
    const message = 'a pod cannot be replaced with START_GUARANTEE_AT_MOST_ONCE: choose one of the two';
    return { atMostOnce, violations: [{ field, message }] };
  }
  const whose = described !== undefined || tenants.has(tenant) ? "this tenant's" : "this cluster's";
  const message = `steps start at most once by ${whose} default; to have pods replaced, ask for START_GUARANTEE_AT_LEAST_ONCE`;
  return { atMostOnce, violations: [{ field, message }] };
}
