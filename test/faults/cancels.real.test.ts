import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { casesOfPlayedNodes } from './cancels/cases.ts';
import { runCancels } from './cancels/run-cancels.ts';
import { roomyNodes } from './roomy.ts';

/** Another seed is another run: GLIP_TEST_SEED=7. The full counts: npm run soak -- cancels. */
const seed = Number(process.env.GLIP_TEST_SEED ?? 1);

describe.skipIf(!isAvailable())('steps that are cancelled in every phase', () => {
  let cluster: RealCluster;
  let executor: TestExecutor;
  beforeAll(async () => {
    cluster = await startRealCluster({ nodes: roomyNodes });
    executor = await startExecutor({ access: cluster.access });
  }, 120_000);
  afterAll(async () => {
    await executor?.stop();
    await cluster?.stop();
  });

  test(`are CANCELLED when it is over, and not before (seed ${seed})`, { timeout: 300_000 }, async () => {
    const result = await runCancels(cluster, executor.client, {
      seed,
      cases: casesOfPlayedNodes,
      rounds: 3,
      concurrency: 10,
    });
    expect(result.violations).toEqual([]);
    for (const [name, { ends }] of Object.entries(result.cases))
      expect(
        Object.values(ends).reduce((sum, one) => sum + one, 0),
        name,
      ).toBe(3);
    expect(result.toDeletionMs?.count).toBeGreaterThan(20);
  });
});
