import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { runAtMostOnce } from './at-most-once/run-at-most-once.ts';
import { roomyNodes } from './roomy.ts';

/** Another seed is another run: GLIP_TEST_SEED=7. The full counts: npm run soak -- at-most-once. */
const seed = Number(process.env.GLIP_TEST_SEED ?? 1);

describe.skipIf(!isAvailable())(
  'pods that are taken from their Jobs, and executors that die between two writes',
  () => {
    let cluster: RealCluster;
    beforeAll(async () => {
      cluster = await startRealCluster({ nodes: roomyNodes });
    }, 120_000);
    afterAll(() => cluster?.stop());

    test(`start no step twice that must not, and some that may (seed ${seed})`, async () => {
      const result = await runAtMostOnce(cluster, {
        seed,
        steps: 36,
        plain: 12,
        concurrency: 12,
        killShare: 1 / 8,
        lifeMs: [20_000, 40_000],
        timeoutMs: 200_000,
      });
      expect(result.violations).toEqual([]);
      expect(result.doubleStarts.atMostOnce).toBe(0);
      expect(result.doubleStarts.plain).toBeGreaterThan(0);
      expect(result.counts['replicas: kills']).toBeGreaterThan(1);
    }, 240_000);
  },
);
