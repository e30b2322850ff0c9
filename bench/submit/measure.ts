import type { BlockResult } from '../load/protocol.ts';
import { cpuMs } from '../support/processes.ts';
import { tell } from '../support/report.ts';
import { round, summarize } from '../support/statistics.ts';
import type { Stage, Way } from './scenario.ts';

export interface Plan {
  /** Pairs of blocks, one of each way. */
  readonly pairs: number;
  /** Submits in a block. */
  readonly count: number;
  readonly inFlight: number;
}

/** What a process costs, in CPU milliseconds per submit. */
type Cost = Readonly<Record<'client' | 'executor' | 'controlPlane', number>>;

interface Played extends BlockResult {
  readonly cost: Cost;
}

/** Runs the pairs in the order A B, B A, A B …: what drifts meets both ways alike. */
async function play(stage: Stage, { pairs, count, inFlight }: Plan, submitted: { jobs: number }) {
  const played: Record<Way, Played[]> = { raw: [], grpc: [] };
  for (let i = 0; i < pairs; i += 1) {
    for (const way of i % 2 === 0 ? (['raw', 'grpc'] as const) : (['grpc', 'raw'] as const)) {
      await stage.settle(submitted.jobs);
      const before = costs(stage, way);
      const result = await stage.load[way].run({ count, inFlight });
      const after = costs(stage, way);
      submitted.jobs += count;
      played[way].push({ ...result, cost: perSubmit(before, after, count) });
    }
    tell(`  ${i + 1}/${pairs} pairs of ${count}, ${inFlight} in flight`);
  }
  return played;
}

function costs({ load, executor, controlPlane }: Stage, way: Way): Cost {
  const pids = Object.values(controlPlane.pids());
  return {
    client: cpuMs(load[way].pid),
    executor: cpuMs(executor.pid),
    controlPlane: pids.reduce((sum, pid) => sum + cpuMs(pid), 0),
  };
}

const perSubmit = (before: Cost, after: Cost, count: number): Cost => ({
  client: (after.client - before.client) / count,
  executor: (after.executor - before.executor) / count,
  controlPlane: (after.controlPlane - before.controlPlane) / count,
});

/** Submits per second of both ways, and their ratio in each pair. */
export async function measureRate(stage: Stage, plan: Plan, submitted: { jobs: number }) {
  const { raw, grpc } = await play(stage, plan, submitted);
  const rate = (block: BlockResult): number => (plan.count / block.ms) * 1000;
  const ratios = grpc.map((block, i) => rate(block) / rate(raw[i] ?? block));
  return {
    ...plan,
    ratio: summarize(ratios),
    perSecond: { raw: summarize(raw.map(rate)), grpc: summarize(grpc.map(rate)) },
    cpuMsPerSubmit: { raw: meanCost(raw), grpc: meanCost(grpc) },
  };
}

/** Milliseconds of one submit after the other by both ways, and what SubmitStep adds. */
export async function measureLatency(stage: Stage, plan: Plan, submitted: { jobs: number }) {
  const { raw, grpc } = await play(stage, plan, submitted);
  const all = (blocks: readonly BlockResult[]) => summarize(blocks.flatMap((b) => b.latencies));
  const ms = { raw: all(raw), grpc: all(grpc) };
  return {
    ...plan,
    added: { median: round(ms.grpc.median - ms.raw.median), p99: round(ms.grpc.p99 - ms.raw.p99) },
    ms,
    cpuMsPerSubmit: { raw: meanCost(raw), grpc: meanCost(grpc) },
  };
}

function meanCost(blocks: readonly Played[]): Cost {
  const mean = (name: keyof Cost): number =>
    round(blocks.reduce((sum, { cost }) => sum + cost[name], 0) / blocks.length);
  return { client: mean('client'), executor: mean('executor'), controlPlane: mean('controlPlane') };
}
