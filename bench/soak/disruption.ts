import { type DrainsResult, runDrains } from '../../test/faults/drains/run-drains.ts';
import { startRealCluster } from '../../test/support/real-cluster.ts';
import { tell } from '../support/report.ts';
import type { Soak } from './soak.ts';

const perRound = 30;

/** Nodes that are drained one after the other. */
export const disruption: Soak<DrainsResult> = {
  what: '1,500 steps, 30 at a time, whose nodes are drained, half of them after a spot notice',
  async run({ seed, quick, steps = quick ? 60 : 1_500 }) {
    const cluster = await startRealCluster();
    const rounds = Math.ceil(steps / perRound);
    try {
      return await runDrains(cluster, {
        seed,
        rounds,
        steps: perRound,
        onRound: (done, violations) => tell(`${done} of ${rounds} rounds, ${violations} violations`),
      });
    } finally {
      await cluster.stop();
    }
  },
};
