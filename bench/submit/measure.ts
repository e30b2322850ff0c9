import type { BlockResult } from '../load/protocol.ts';
import { calmShare } from '../support/calm.ts';
import { tell } from '../support/report.ts';
import { round, type Summary, summarize } from '../support/statistics.ts';
import { type Cost, costsOf, meanCost, perSubmit } from './cost.ts';
import type { Stage, Way } from './scenario.ts';

export interface Plan {
  /** Rounds of blocks, one of each way. */
  readonly rounds: number;
  /** Submits in a block. */
  readonly count: number;
  readonly inFlight: number;
}

interface Played extends BlockResult {
  readonly cost: Cost;
}

type Round = Readonly<Record<Way, Played>>;

export const ways = ['raw', 'followed', 'grpc'] as const satisfies readonly Way[];

const perWay = <T>(make: (way: Way) => T): Readonly<Record<Way, T>> => ({
  raw: make('raw'),
  followed: make('followed'),
  grpc: make('grpc'),
});

/**
 * Runs rounds, each in an order of chance: what drifts meets all ways alike. A round during which others used the machine is taken again,
 * up to three times as many as wanted; when most are disturbed all of them count, and the result says so.
 */
async function play(stage: Stage, plan: Plan) {
  const calm: Round[] = [];
  const disturbed: Round[] = [];
  for (let i = 0; calm.length < plan.rounds && i < plan.rounds * 3; i += 1) {
    await stage.settle();
    await stage.quiet();
    const foreign = stage.window();
    const round = await playRound(stage, plan, shuffled());
    const share = foreign();
    (share < calmShare ? calm : disturbed).push(round);
    tell(
      `  ${calm.length}/${plan.rounds} (others: ${Math.round(share * 100)} %), ${plan.inFlight} in flight`,
    );
  }
  const used = calm.length * 2 >= plan.rounds ? calm : [...calm, ...disturbed];
  return { used, taken: { calm: calm.length, disturbed: disturbed.length, used: used.length } };
}

/** In any order: a fixed one would keep step with the garbage collection of the API server. */
function shuffled(): readonly Way[] {
  return ways
    .map((way) => ({ way, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ way }) => way);
}

async function playRound(stage: Stage, plan: Plan, order: readonly Way[]): Promise<Round> {
  const played: Partial<Record<Way, Played>> = {};
  for (const way of order) {
    await stage.settle();
    const before = costsOf(stage, way);
    const result = await stage.run(way, plan);
    played[way] = { ...result, cost: perSubmit(before, costsOf(stage, way), plan.count) };
  }
  return played as Round;
}

export interface Rate extends Plan {
  readonly taken: { readonly calm: number; readonly disturbed: number; readonly used: number };
  /** All submits of SubmitStep per second over those of the other way; and the same of each round. */
  readonly ofRaw: Ratio;
  readonly ofFollowed: Ratio;
  readonly perSecond: Readonly<Record<Way, number>>;
  readonly cpuMsPerSubmit: Readonly<Record<Way, Cost>>;
}

export interface Ratio {
  readonly total: number;
  readonly rounds: Summary;
}

/** Submits per second, and what SubmitStep reaches of them. */
export async function measureRate(stage: Stage, plan: Plan): Promise<Rate> {
  const { used, taken } = await play(stage, plan);
  const msOf = (way: Way): number => used.reduce((sum, round) => sum + round[way].ms, 0);
  const ratio = (way: Way): Ratio => ({
    total: round(msOf(way) / msOf('grpc')),
    rounds: summarize(used.map((r) => r[way].ms / r.grpc.ms)),
  });
  return {
    ...plan,
    taken,
    ofRaw: ratio('raw'),
    ofFollowed: ratio('followed'),
    perSecond: perWay((way) => round((used.length * plan.count * 1000) / msOf(way))),
    cpuMsPerSubmit: perWay((way) => meanCost(used.map((r) => r[way]))),
  };
}

export interface Latency extends Plan {
  readonly taken: Rate['taken'];
  /** What SubmitStep takes longer than the two creates, in milliseconds. */
  readonly added: { readonly median: number; readonly p99: number };
  readonly ms: Readonly<Record<Way, Summary>>;
  readonly cpuMsPerSubmit: Readonly<Record<Way, Cost>>;
}

/** Milliseconds of one submit after the other. */
export async function measureLatency(stage: Stage, plan: Plan): Promise<Latency> {
  const { used, taken } = await play(stage, plan);
  const ms = perWay((way) => summarize(used.flatMap((r) => r[way].latencies)));
  return {
    ...plan,
    taken,
    added: { median: round(ms.grpc.median - ms.raw.median), p99: round(ms.grpc.p99 - ms.raw.p99) },
    ms,
    cpuMsPerSubmit: perWay((way) => meanCost(used.map((r) => r[way]))),
  };
}
