import { type KillingsResult, runKillings } from '../../test/faults/killings/run-killings.ts';
import { roomyNodes } from '../../test/faults/roomy.ts';
import { startRealCluster } from '../../test/support/real-cluster.ts';
import { tell } from '../support/report.ts';
import type { Soak } from './soak.ts';

const full = { steps: 2_000, concurrency: 200, watchers: 2, maxRunMs: 5_000, timeoutMs: 3_600_000 };
const quick = { ...full, steps: 60, concurrency: 20, timeoutMs: 300_000 };

/** Two executors behind one address, each killed every 2 to 5 s. */
export const killings: Soak<KillingsResult> = {
  what: '2,000 steps, 200 at a time, through two executors that are killed every 2 to 5 s',
  async run({ seed, steps, ...options }) {
    const cluster = await startRealCluster({ nodes: roomyNodes });
    let told = performance.now();
    try {
      return await runKillings(cluster, {
        ...(options.quick ? quick : full),
        ...(steps !== undefined && { steps }),
        seed,
        lifeMs: [2_000, 5_000],
        onViolation: (text) => tell(`VIOLATION ${text}`),
        onEnd(done, tally) {
          if (performance.now() - told < 10_000) return;
          told = performance.now();
          const { 'replicas: kills': kills = 0, violations = 0 } = tally.counts();
          tell(`${done} steps have ended; ${kills} kills, ${violations} violations`);
        },
      });
    } finally {
      await cluster.stop();
    }
  },
};
