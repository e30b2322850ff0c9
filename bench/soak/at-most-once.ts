import { type AtMostOnceResult, runAtMostOnce } from '../../test/faults/at-most-once/run-at-most-once.ts';
import { roomyNodes } from '../../test/faults/roomy.ts';
import { startRealCluster } from '../../test/support/real-cluster.ts';
import { tell } from '../support/report.ts';
import type { Soak } from './soak.ts';

const full = { steps: 1_000, plain: 200, concurrency: 24, killShare: 1 / 32, timeoutMs: 3_600_000 };
const quick = { ...full, steps: 60, plain: 20, killShare: 1 / 8, timeoutMs: 300_000 };

/** Pods that are taken from their Jobs, and executors that die between any two writes. */
export const atMostOnce: Soak<AtMostOnceResult> = {
  what: '1,000 steps that start at most once, and 200 plain ones, whose pods are taken from their Jobs while executors die between any two writes',
  async run({ seed, steps, ...options }) {
    const cluster = await startRealCluster({ nodes: roomyNodes });
    let told = performance.now();
    try {
      return await runAtMostOnce(cluster, {
        ...(options.quick ? quick : full),
        ...(steps !== undefined && { steps }),
        seed,
        lifeMs: [20_000, 60_000],
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
