import type { TenantImageRules } from '../image/rules.ts';
import type { Egress, HostSupport } from '../policy/egress.ts';
import type { Pools } from '../policy/pools.ts';
import type { Violation } from '../step/errors.ts';
import type { Options } from './options.ts';

/** Options that a tenant may have defaults for; undefined where it leaves them to the cluster. Durations in seconds. */
export interface OptionDefaults {
  readonly pool?: string;
  readonly priorityClass?: string;
  readonly timeouts: Options['timeouts'];
  readonly atMostOnce?: boolean;
  readonly replaceDisrupted?: boolean;
  readonly uninterruptible?: boolean;
  readonly gracePeriod?: number;
  readonly ttlAfterFinished?: number;
  readonly retainUntilAcknowledged?: number;
}

/** What a tenant adds to a request, and what it bounds. */
export interface TenantRules {
  /** Pools that its steps may be placed in; empty for all. */
  readonly pools: readonly string[];
  /** PriorityClasses that its steps may name. */
  readonly priorityClasses: readonly string[];
  /** Secrets that its steps may use. */
  readonly secrets: readonly string[];
  /** What its steps may reach. */
  readonly egress: readonly Egress[];
  /** Whether hosts among it can be held here. */
  readonly hosts: HostSupport;
  readonly images: TenantImageRules;
  readonly defaults: OptionDefaults;
}

/** Of a tenant that nobody has described, as of a namespace that was made by hand. */
export const noDefaults: OptionDefaults = { timeouts: {} };

/** Options that a request leaves to the defaults, where its plain values do not tell. */
export interface LeftOpen {
  readonly disruptionPolicy: boolean;
  readonly interruptible: boolean;
}

/**
 * The options with the tenant's defaults in the place of what was not said. Timeouts are chosen with the manifest's, and how often a step
 * may start by chooseStart, which goes before: a step that starts at most once is not replaced for a default.
 */
export function withDefaults(
  options: Options,
  open: LeftOpen,
  atMostOnce: boolean,
  defaults: OptionDefaults,
): Options {
  const replaces = defaults.replaceDisrupted === true && !atMostOnce;
  return {
    ...options,
    pool: options.pool || (defaults.pool ?? ''),
    priorityClass: options.priorityClass || (defaults.priorityClass ?? ''),
    replaceDisrupted: open.disruptionPolicy ? replaces : options.replaceDisrupted,
    uninterruptible: open.interruptible ? (defaults.uninterruptible ?? false) : options.uninterruptible,
    gracePeriod: options.gracePeriod ?? defaults.gracePeriod,
    ttlAfterFinished: options.ttlAfterFinished ?? defaults.ttlAfterFinished,
    retainUntilAcknowledged: options.retainUntilAcknowledged ?? defaults.retainUntilAcknowledged,
  };
}

/** The pools that a tenant may use; what it may not use is not there for it. */
export const poolsFor = (tenant: TenantRules | undefined, pools: Pools): Pools =>
  tenant === undefined || tenant.pools.length === 0
    ? pools
    : { ...pools, pools: pools.pools.filter(({ name }) => tenant.pools.includes(name)) };

/** What is wrong with a PriorityClass that a step names, if anything is. */
export function priorityProblems(asked: string, tenant: TenantRules | undefined): readonly Violation[] {
  if (tenant === undefined || asked === '' || tenant.priorityClasses.includes(asked)) return [];
  const allowed = tenant.priorityClasses.join(', ') || 'none';
  return [
    { field: 'options.priority_class', message: `is none that this tenant may use; those are: ${allowed}` },
  ];
}
