import { casesOfPlayedNodes, casesOfRealNode } from '../../test/faults/cancels/cases.ts';
import {
  type CancelsOptions,
  type CancelsResult,
  runCancels,
} from '../../test/faults/cancels/run-cancels.ts';
import { openRaceTrack, type RaceResult, runRace } from '../../test/faults/cancels/run-race.ts';
import { roomyNodes } from '../../test/faults/roomy.ts';
import { startExecutorProcess } from '../../test/support/executor-process.ts';
import { startNodeCluster } from '../../test/support/node-cluster.ts';
import { startRealCluster } from '../../test/support/real-cluster.ts';
import { tell } from '../support/report.ts';
import type { Soak, SoakResult } from './soak.ts';

interface BothResult extends SoakResult {
  readonly playedNodes: CancelsResult;
  readonly realNode: CancelsResult;
  /** Far fewer, each alone on an otherwise idle machine: what a cancel takes, and not what it waits for. */
  readonly oneByOne: { readonly playedNodes: CancelsResult; readonly realNode: CancelsResult };
}

/** Tells how far it is, every ten seconds at most. */
function progress(what: string) {
  let told = performance.now();
  return (done: number): void => {
    if (performance.now() - told < 10_000) return;
    told = performance.now();
    tell(`${what}: ${done} steps have ended`);
  };
}

const onViolation = (text: string): void => tell(`VIOLATION ${text}`);

/** Steps that are cancelled in every phase, on played nodes and on a real one. */
export const cancels: Soak<BothResult> = {
  what: 'a cancel in every phase, 100 times each, on played nodes and on a real one',
  async run({ seed, quick, steps }) {
    const rounds = steps ?? (quick ? 2 : 100);
    const played = await onPlayedNodes(seed, rounds);
    const real = await onRealNode(seed, rounds);
    const all = [played.together, played.oneByOne, real.together, real.oneByOne];
    return {
      seed,
      playedNodes: played.together,
      realNode: real.together,
      oneByOne: { playedNodes: played.oneByOne, realNode: real.oneByOne },
      violations: all.flatMap(({ violations }) => violations),
    };
  },
};

interface Results {
  readonly together: CancelsResult;
  readonly oneByOne: CancelsResult;
}

async function onPlayedNodes(seed: number, rounds: number): Promise<Results> {
  const cluster = await startRealCluster({ nodes: roomyNodes });
  try {
    const executor = await startExecutorProcess(cluster.access);
    const onEnd = progress('played nodes');
    const options = { seed, rounds, cases: casesOfPlayedNodes, concurrency: 10, onViolation, onEnd };
    const together = await runCancels(cluster, executor.client, options);
    const oneByOne = await runCancels(cluster, executor.client, alone(options));
    await executor.stop();
    return { together, oneByOne };
  } finally {
    await cluster.stop();
  }
}

async function onRealNode(seed: number, rounds: number): Promise<Results> {
  const cluster = await startNodeCluster();
  try {
    const executor = await startExecutorProcess(cluster.access);
    const { processesOf } = cluster.node;
    const onEnd = progress('a real node');
    const options = { seed, rounds, cases: casesOfRealNode, concurrency: 8, processesOf, onViolation, onEnd };
    const together = await runCancels(cluster, executor.client, options);
    const oneByOne = await runCancels(cluster, executor.client, alone(options));
    await executor.stop();
    return { together, oneByOne };
  } finally {
    await cluster.stop();
  }
}

const alone = (options: CancelsOptions): CancelsOptions => ({
  ...options,
  seed: options.seed + 1,
  rounds: Math.max(1, Math.round(options.rounds / 12)),
  concurrency: 1,
});

/** Cancels that meet the success of their steps, on a real node. */
export const race: Soak<RaceResult> = {
  what: '1,000 cancels that meet the success of their steps, on a real node',
  async run({ seed, quick, steps = quick ? 40 : 1_000 }) {
    const cluster = await startNodeCluster();
    const track = await openRaceTrack(cluster, `race-${seed}`);
    try {
      const executor = await startExecutorProcess(cluster.access);
      const onEnd = progress('the race');
      const result = await runRace(cluster, executor.client, {
        seed,
        track,
        steps,
        concurrency: 8,
        onViolation,
        onEnd,
      });
      await executor.stop();
      return result;
    } finally {
      await track.close();
      await cluster.stop();
    }
  },
};
