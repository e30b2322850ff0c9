import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { runKillings } from './killings/run-killings.ts';
import { roomyNodes } from './roomy.ts';

/** Another seed is another run: GLIP_TEST_SEED=7. The full counts: npm run soak -- killings. */
const seed = Number(process.env.GLIP_TEST_SEED ?? 1);

describe.skipIf(!isAvailable())('two executors that are killed again and again', () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await startRealCluster({ nodes: roomyNodes });
  }, 120_000);
  afterAll(() => cluster?.stop());

  test(`tell every end once, start nothing twice and leave nothing behind (seed ${seed})`, async () => {
    const result = await runKillings(cluster, {
      seed,
      steps: 40,
      concurrency: 12,
      watchers: 2,
      maxRunMs: 3_000,
      lifeMs: [2_000, 5_000],
      timeoutMs: 150_000,
    });
    expect(result.violations).toEqual([]);
    expect(result.counts['replicas: kills']).toBeGreaterThan(1);
  }, 180_000);
});
