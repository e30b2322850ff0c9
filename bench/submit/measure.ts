import type { BlockResult } from '../load/protocol.ts';
import { calmShare } from '../support/calm.ts';
import { tell } from '../support/report.ts';
import { round, summarize } from '../support/statistics.ts';
import { type Cost, costsOf, meanCost, perSubmit } from './cost.ts';
import type { Stage, Way } from './scenario.ts';

export interface Plan {
  /** Pairs of blocks, one of each way. */
  readonly pairs: number;
  /** Submits in a block. */
  readonly count: number;
  readonly inFlight: number;
}

interface Played extends BlockResult {
  readonly cost: Cost;
}

type Pair = Readonly<Record<Way, Played>>;

/**
 * Runs pairs in the order A B, B A, A B …: what drifts meets both ways alike. A pair during which others used the machine is taken
 * again, up to three times as many as wanted; when all of them are disturbed they count after all, and the result says so.
 */
async function play(stage: Stage, plan: Plan) {
  const calm: Pair[] = [];
  const disturbed: Pair[] = [];
  for (let i = 0; calm.length < plan.pairs && i < plan.pairs * 3; i += 1) {
    await stage.settle();
    await stage.quiet();
    const foreign = stage.window();
    const pair = await playPair(stage, plan, i % 2 === 0 ? ['raw', 'grpc'] : ['grpc', 'raw']);
    const share = foreign();
    (share < calmShare ? calm : disturbed).push(pair);
    tell(`  ${calm.length}/${plan.pairs} (others: ${Math.round(share * 100)} %), ${plan.inFlight} in flight`);
  }
  const pairs = calm.length * 2 >= plan.pairs ? calm : [...calm, ...disturbed];
  const taken = { calm: calm.length, disturbed: disturbed.length, used: pairs.length };
  return { raw: pairs.map((p) => p.raw), grpc: pairs.map((p) => p.grpc), taken };
}

async function playPair(stage: Stage, plan: Plan, order: readonly Way[]): Promise<Pair> {
  const played: Partial<Record<Way, Played>> = {};
  for (const way of order) {
    await stage.settle();
    const before = costsOf(stage, way);
    const result = await stage.run(way, plan);
    played[way] = { ...result, cost: perSubmit(before, costsOf(stage, way), plan.count) };
  }
  return played as Pair;
}

/** Submits per second of both ways, and their ratio in each pair. */
export async function measureRate(stage: Stage, plan: Plan) {
  const { raw, grpc, taken } = await play(stage, plan);
  const rate = (block: BlockResult): number => (plan.count / block.ms) * 1000;
  const ratios = grpc.map((block, i) => rate(block) / rate(raw[i] ?? block));
  return {
    ...plan,
    taken,
    ratio: summarize(ratios),
    perSecond: { raw: summarize(raw.map(rate)), grpc: summarize(grpc.map(rate)) },
    cpuMsPerSubmit: { raw: meanCost(raw), grpc: meanCost(grpc) },
  };
}

/** Milliseconds of one submit after the other by both ways, and what SubmitStep adds. */
export async function measureLatency(stage: Stage, plan: Plan) {
  const { raw, grpc, taken } = await play(stage, plan);
  const all = (blocks: readonly BlockResult[]) => summarize(blocks.flatMap((b) => b.latencies));
  const ms = { raw: all(raw), grpc: all(grpc) };
  return {
    ...plan,
    taken,
    added: { median: round(ms.grpc.median - ms.raw.median), p99: round(ms.grpc.p99 - ms.raw.p99) },
    ms,
    cpuMsPerSubmit: { raw: meanCost(raw), grpc: meanCost(grpc) },
  };
}
