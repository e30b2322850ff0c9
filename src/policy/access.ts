import type { Pattern } from './pattern.ts';

/** Who asks, as far as a policy goes by it. */
export interface Subject {
  readonly name: string;
  readonly groups: readonly string[];
  /** Tenants that the credential itself names. */
  readonly tenants: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A kind of caller; all that is given must hold. */
export interface Who {
  readonly identity?: Pattern;
  readonly group?: Pattern;
  /** By name of the claim: one of the texts must match one of the patterns. */
  readonly claims?: ReadonlyMap<string, readonly Pattern[]>;
}

/** How much a rule lets its callers do. */
export interface AccessLimits {
  /** Steps of the tenant that are not over, whoever has submitted them. */
  readonly stepsInFlight?: number;
  /** Of each identity, at this replica; a burst of one second's worth is let through. */
  readonly submitsPerSecond?: number;
  /** Name of a pool: steps that would be placed in a larger one are refused. */
  readonly largestPool?: string;
}

export interface AccessRule {
  readonly name: string;
  /** Any of them. */
  readonly who: readonly Who[];
  /** Names of RPCs; sets are taken apart. */
  readonly may: ReadonlySet<string>;
  readonly tenants: readonly Pattern[];
  /** Also the tenants that the credential names (`$own`). */
  readonly ownTenants: boolean;
  readonly limits: AccessLimits;
}

/** What is in none of the rules is denied; the first that fits holds, with its limits. */
export interface AccessPolicy {
  readonly rules: readonly AccessRule[];
}

/** The RPCs that there are, and the sets of them that have a name. */
export interface RpcNames {
  readonly names: readonly string[];
  readonly sets: Readonly<Record<string, readonly string[]>>;
}

/** In a policy file: the tenants that the credential names. */
export const ownTenants = '$own';
