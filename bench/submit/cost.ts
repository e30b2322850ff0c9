import { cpuMs } from '../../test/support/processes.ts';
import { round } from '../support/statistics.ts';
import type { Stage, Way } from './scenario.ts';

/** CPU time of the processes in milliseconds. */
export type Cost = Readonly<Record<'client' | 'executor' | 'controlPlane', number>>;

/** What they have used so far. */
export function costsOf({ load, executor, controlPlane }: Stage, way: Way): Cost {
  const pids = Object.values(controlPlane.pids());
  return {
    client: cpuMs(load[way].pid),
    executor: cpuMs(executor.pid),
    controlPlane: pids.reduce((sum, pid) => sum + cpuMs(pid), 0),
  };
}

export const perSubmit = (before: Cost, after: Cost, count: number): Cost => ({
  client: (after.client - before.client) / count,
  executor: (after.executor - before.executor) / count,
  controlPlane: (after.controlPlane - before.controlPlane) / count,
});

export function meanCost(blocks: readonly { readonly cost: Cost }[]): Cost {
  const mean = (name: keyof Cost): number =>
    round(blocks.reduce((sum, { cost }) => sum + cost[name], 0) / blocks.length);
  return { client: mean('client'), executor: mean('executor'), controlPlane: mean('controlPlane') };
}
