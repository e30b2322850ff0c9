import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { runDrains } from './drains/run-drains.ts';

/** Another seed is another run: GLIP_TEST_SEED=7. The full counts: npm run soak -- disruption. */
const seed = Number(process.env.GLIP_TEST_SEED ?? 1);

describe.skipIf(!isAvailable())('nodes that are drained, some after a spot notice', () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await startRealCluster();
  }, 120_000);
  afterAll(() => cluster?.stop());

  test(`warn every step before its end, keep what is not interruptible, and start nothing twice (seed ${seed})`, async () => {
    const result = await runDrains(cluster, { seed, rounds: 3, steps: 12 });
    expect(result.violations).toEqual([]);
    expect(result.counts.drains).toBe(3);
    expect(result.lead[0]).toBeGreaterThan(0);
  }, 180_000);
});
