import { isSubdomain } from '../lib/label-syntax.ts';
import {
  ceilQuantity,
  compareQuantities,
  multiplyQuantity,
  printQuantity,
  type Quantity,
} from '../lib/quantity.ts';
import type { Amounts, Pool, Pools, Toleration } from '../policy/pools.ts';
import type { Violation } from '../step/errors.ts';
import { amountsIn, choosePool } from './pool-choice.ts';
import {
  dimensions,
  type InvocationQuotas,
  type PlacementOptions,
  quoted,
  type ResourceHints,
  type ResourcePaths,
  readWish,
  type Wish,
} from './resource-wish.ts';

export type { InvocationQuotas, PlacementOptions, ResourceHints, ResourcePaths } from './resource-wish.ts';

/** What the Job's agent container and pod template get. */
export type Resources = {
  readonly pool: string;
  readonly spot: boolean;
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly priorityClassName?: string;
  readonly sizeClass?: string;
  /** For people: why this pool, and where each amount comes from. */
  readonly explanation: string;
};

/** The resources of a step, or everything that stands against them. */
export type ResourcesResult =
  | { readonly ok: true; readonly value: Resources }
  | { readonly ok: false; readonly violations: readonly Violation[] };

/** The paths of SubmitStepRequest with a typed invocation. */
export const submitPaths: ResourcePaths = {
  resources: 'invocation.spec.resources',
  options: 'options',
  quotas: 'invocation.spec.permissions.resource_quotas',
};

/**
 * Hints to requests, limits and a pool, by the rules of docs/resources.md: the smallest pool that fits, spot only on
 * request, memory, storage and devices never overcommitted. Pure: the same input gives the same answer, always.
 */
export function calculateResources(
  hints: ResourceHints,
  options: PlacementOptions,
  quotas: InvocationQuotas,
  pools: Pools,
  paths: ResourcePaths = submitPaths,
): ResourcesResult {
  const violations: Violation[] = [];
  const wish = readWish(hints, quotas, pools, paths, violations);
  const pool = choosePool(wish, options, pools.pools, paths, violations);
  checkPriorityClass(options.priorityClass ?? '', paths, violations);
  if (violations.length > 0 || pool === undefined) return { ok: false, violations };
  return { ok: true, value: toResources(wish, pool, options, pools) };
}

function toResources(wish: Wish, pool: Pool, options: PlacementOptions, pools: Pools): Resources {
  const amounts = amountsIn(pool, wish);
  const devices = wish.gpu === 0n ? {} : { [pool.gpuResource]: String(wish.gpu) };
  const cpuLimit = limitOf(amounts.cpu, pools.cpuLimitFactor, [pool.maximum.cpu, wish.bounds.cpu]);
  const priorityClassName = options.priorityClass || pool.priorityClass;
  return {
    pool: pool.name,
    spot: pool.spot,
    requests: { ...printed(amounts), ...devices },
    limits: { ...printed({ ...amounts, cpu: cpuLimit }), ...devices },
    nodeSelector: pool.nodeSelector,
    tolerations: pool.tolerations,
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(wish.sizeClass === undefined ? {} : { sizeClass: wish.sizeClass }),
    explanation: explain(wish, pool, amounts, cpuLimit, options),
  };
}

/** The request times the factor, but no more than the bounds, which the request itself keeps. */
function limitOf(request: Quantity, factor: Quantity, bounds: readonly (Quantity | undefined)[]): Quantity {
  let limit = multiplyQuantity(request, factor);
  for (const bound of bounds) {
    if (bound !== undefined && compareQuantities(bound, limit) < 0) limit = bound;
  }
  return ceilQuantity(limit, 'milli');
}

function printed(amounts: Amounts): Record<string, string> {
  return Object.fromEntries(dimensions.map(({ key, resource }) => [resource, printQuantity(amounts[key])]));
}

function checkPriorityClass(name: string, paths: ResourcePaths, violations: Violation[]): void {
  const field = `${paths.options}.priority_class`;
  if (name === '') return;
  if (!isSubdomain(name))
    violations.push({ field, message: `${quoted(name)} is not the name of a PriorityClass` });
  // system-node-critical and system-cluster-critical would let a step evict the cluster's own pods.
  else if (name.startsWith('system-'))
    violations.push({ field, message: `${quoted(name)} is reserved for the system` });
}

function explain(
  wish: Wish,
  pool: Pool,
  amounts: Amounts,
  cpuLimit: Quantity,
  options: PlacementOptions,
): string {
  const parts = dimensions.map(({ key, resource }) => {
    const isDefault = compareQuantities(amounts[key], pool.defaults[key]) === 0;
    const source = wish.amounts[key]?.source ?? (isDefault ? 'default' : 'quota of the invocation');
    return `${resource} ${printQuantity(amounts[key])} (${source}; at most ${printQuantity(pool.maximum[key])})`;
  });
  if (wish.gpu > 0n) parts.push(`${pool.gpuResource} ${wish.gpu} (asked; at most ${pool.maximum.gpu})`);
  const burst =
    compareQuantities(cpuLimit, amounts.cpu) === 0 ? '' : `; cpu limit ${printQuantity(cpuLimit)}`;
  return `pool ${pool.name}, ${options.pool ? 'as asked' : 'the smallest that fits'}: ${parts.join(', ')}${burst}`;
}
