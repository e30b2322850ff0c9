import { casesOfPlayedNodes, casesOfRealNode } from '../../test/faults/cancels/cases.ts';
import { type CancelsResult, runCancels } from '../../test/faults/cancels/run-cancels.ts';
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
  run: ({ seed, quick, steps }) => onBoth(seed, steps ?? (quick ? 2 : 100), 'together'),
};

/** What a cancel takes where it waits for no other: the machine does nothing else. */
export const cancelsAlone: Soak<BothResult> = {
  what: 'the same, one after the other, for the time that each takes; 8 times each',
  run: ({ seed, quick, steps }) => onBoth(seed, steps ?? (quick ? 1 : 8), 'alone'),
};

type Manner = 'together' | 'alone';

async function onBoth(seed: number, rounds: number, manner: Manner): Promise<BothResult> {
  const playedNodes = await onPlayedNodes(seed, rounds, manner === 'alone' ? 1 : 10);
  const realNode = await onRealNode(seed, rounds, manner === 'alone' ? 1 : 8);
  return { seed, playedNodes, realNode, violations: [...playedNodes.violations, ...realNode.violations] };
}

async function onPlayedNodes(seed: number, rounds: number, concurrency: number): Promise<CancelsResult> {
  const cluster = await startRealCluster({ nodes: roomyNodes });
  try {
    const executor = await startExecutorProcess(cluster.access);
    const onEnd = progress('played nodes');
    const options = { seed, rounds, cases: casesOfPlayedNodes, concurrency, onViolation, onEnd };
    const result = await runCancels(cluster, executor.client, options);
    await executor.stop();
    return result;
  } finally {
    await cluster.stop();
  }
}

async function onRealNode(seed: number, rounds: number, concurrency: number): Promise<CancelsResult> {
  const cluster = await startNodeCluster();
  try {
    const executor = await startExecutorProcess(cluster.access);
    const { processesOf } = cluster.node;
    const onEnd = progress('a real node');
    const options = { seed, rounds, cases: casesOfRealNode, concurrency, processesOf, onViolation, onEnd };
    const result = await runCancels(cluster, executor.client, options);
    await executor.stop();
    return result;
  } finally {
    await cluster.stop();
  }
}

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
