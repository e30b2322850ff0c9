import { ceilQuantity, compareQuantities, printQuantity, type Quantity } from '../lib/quantity.ts';
import type { Amounts, Pool } from '../policy/pools.ts';
import type { Violation } from '../step/errors.ts';
import {
  type Asked,
  dimensions,
  type PlacementOptions,
  quoted,
  type ResourcePaths,
  type Wish,
} from './resource-wish.ts';

/** What a step gets in a pool: what it asked for, else the pool's default, within the invocation's own quota. */
export function amountsIn(pool: Pool, wish: Wish): Amounts {
  const cpu = ceilQuantity(amountIn(pool, wish, 'cpu'), 'milli');
  const memory = ceilQuantity(amountIn(pool, wish, 'memory'), 'byte');
  return { cpu, memory, ephemeralStorage: ceilQuantity(amountIn(pool, wish, 'ephemeralStorage'), 'byte') };
}

function amountIn(pool: Pool, wish: Wish, key: keyof Amounts): Quantity {
  const asked = wish.amounts[key];
  if (asked !== undefined) return asked.amount;
  const bound = wish.bounds[key];
  return bound !== undefined && compareQuantities(bound, pool.defaults[key]) < 0 ? bound : pool.defaults[key];
}

/** Whether a step fits an empty node of the pool and keeps the pool's maximum. */
export function fits(pool: Pool, wish: Wish): boolean {
  const amounts = amountsIn(pool, wish);
  return (
    wish.gpu <= pool.maximum.gpu &&
    dimensions.every(({ key }) => compareQuantities(amounts[key], pool.maximum[key]) <= 0)
  );
}

/** By the size of a node: devices, then cpu, memory and storage. Devices cost most, and memory is bought with cpu. */
export function comparePools(a: Pool, b: Pool): number {
  if (a.allocatable.gpu !== b.allocatable.gpu) return a.allocatable.gpu < b.allocatable.gpu ? -1 : 1;
  for (const { key } of dimensions) {
    const order = compareQuantities(a.usable[key], b.usable[key]);
    if (order !== 0) return order;
  }
  return 0;
}

/** The pool of a step; only to be used when `violations` has nothing, which else says why there is none. */
export function choosePool(
  wish: Wish,
  options: PlacementOptions,
  pools: readonly Pool[],
  paths: ResourcePaths,
  violations: Violation[],
): Pool | undefined {
  const placement = options.pool
    ? placeByName(wish, options, pools, paths)
    : place(wish, options, pools, paths);
  violations.push(...placement.violations);
  // toSorted is stable, so the order of the configuration decides between pools of one size.
  const bySize = placement.candidates.toSorted(comparePools);
  const chosen = bySize.find((pool) => fits(pool, wish));
  if (chosen === undefined) violations.push(...explainNoFit(wish, bySize, paths));
  return chosen;
}

/** With violations, the candidates are only there to find amounts that no pool could give anyway. */
type Placement = { readonly candidates: readonly Pool[]; readonly violations: readonly Violation[] };

function placeByName(
  wish: Wish,
  options: PlacementOptions,
  pools: readonly Pool[],
  paths: ResourcePaths,
): Placement {
  const named = pools.find((pool) => pool.name === options.pool);
  if (named === undefined) {
    const message = `no pool ${quoted(options.pool ?? '')}; there are: ${pools.map((pool) => pool.name).join(', ')}`;
    return { candidates: pools, violations: [{ field: `${paths.options}.pool`, message }] };
  }
  const violations: Violation[] = [];
  if (options.spot === true && !named.spot) {
    const message = `pool ${named.name} has no spot nodes${others(pools.filter((pool) => pool.spot))}`;
    violations.push({ field: `${paths.options}.spot`, message });
  }
  if (wish.gpu > 0n && named.allocatable.gpu === 0n) {
    const message = `pool ${named.name} has no devices${others(pools.filter((pool) => pool.allocatable.gpu > 0n))}`;
    violations.push({ field: `${paths.resources}.gpu`, message });
  }
  return { candidates: [named], violations };
}

function place(
  wish: Wish,
  options: PlacementOptions,
  pools: readonly Pool[],
  paths: ResourcePaths,
): Placement {
  const wantsSpot = options.spot === true;
  const onNodes = pools.filter((pool) => pool.spot === wantsSpot);
  if (onNodes.length === 0) {
    const message = wantsSpot
      ? 'no pool has spot nodes'
      : 'every pool has spot nodes, which a step must ask for';
    return { candidates: pools, violations: [{ field: `${paths.options}.spot`, message }] };
  }
  if (!wish.gpuIsReadable) return { candidates: onNodes, violations: [] };
  const candidates = onNodes.filter((pool) => pool.allocatable.gpu > 0n === wish.gpu > 0n);
  if (candidates.length > 0) return { candidates, violations: [] };
  const kind = wantsSpot ? 'spot pool' : 'pool';
  const message =
    wish.gpu > 0n
      ? `no ${kind} has devices`
      : `no ${kind} is without devices; a step that wants none goes to such a pool only by name`;
  return { candidates: onNodes, violations: [{ field: `${paths.resources}.gpu`, message }] };
}

function others(pools: readonly Pool[]): string {
  return pools.length === 0 ? '' : `; these have: ${pools.map((pool) => pool.name).join(', ')}`;
}

/** One violation per amount that met a limit: that of the pool with the most of it or, failing that, the largest's. */
function explainNoFit(wish: Wish, bySize: readonly Pool[], paths: ResourcePaths): readonly Violation[] {
  const largest = bySize.at(-1);
  if (largest === undefined) return [];
  const beyondAll = exceeded(wish, (key) => mostOf(bySize, key) ?? largest, bySize.length, paths);
  if (beyondAll.length > 0) return beyondAll;
  const suffix = '; smaller pools that have more of it lack the rest';
  return exceeded(wish, () => largest, bySize.length, paths).map((v) => ({
    ...v,
    message: v.message + suffix,
  }));
}

function mostOf(bySize: readonly Pool[], key: keyof Pool['maximum']): Pool | undefined {
  return bySize.reduce<Pool | undefined>((most, pool) => {
    if (most === undefined) return pool;
    const more =
      key === 'gpu'
        ? pool.maximum.gpu >= most.maximum.gpu
        : compareQuantities(pool.maximum[key], most.maximum[key]) >= 0;
    return more ? pool : most;
  }, undefined);
}

function exceeded(
  wish: Wish,
  limiting: (key: keyof Pool['maximum']) => Pool,
  of: number,
  paths: ResourcePaths,
): readonly Violation[] {
  const article = of === 1 ? 'the pool' : 'the largest pool';
  const found: Violation[] = [];
  for (const { key, resource } of dimensions) {
    const asked = wish.amounts[key];
    const pool = limiting(key);
    if (asked === undefined || compareQuantities(asked.amount, pool.maximum[key]) <= 0) continue;
    found.push({
      field: asked.field,
      message: `${described(asked, resource)} exceeds ${article} '${pool.name}' (${room(pool, key)})`,
    });
  }
  const pool = limiting('gpu');
  if (pool.allocatable.gpu > 0n && wish.gpu > pool.maximum.gpu) {
    const message = `${wish.gpu} devices exceed ${article} '${pool.name}' (${pool.maximum.gpu} of ${pool.gpuResource} on one node)`;
    found.push({ field: `${paths.resources}.gpu`, message });
  }
  return found;
}

function described(asked: Asked, resource: string): string {
  const amount = `${resource} ${printQuantity(asked.amount)}`;
  return asked.source === 'asked' ? amount : `${asked.source} has ${amount}, which`;
}

function room(pool: Pool, key: keyof Amounts): string {
  const usable = `${printQuantity(pool.usable[key])} usable of ${printQuantity(pool.allocatable[key])} allocatable on a node`;
  const isBelow = compareQuantities(pool.maximum[key], pool.usable[key]) < 0;
  return isBelow ? `at most ${printQuantity(pool.maximum[key])} per step; ${usable}` : usable;
}
