import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { isNodeAvailable } from '../support/node/start.ts';
import { type NodeCluster, startNodeCluster } from '../support/node-cluster.ts';
import { casesOfRealNode } from './cancels/cases.ts';
import { runCancels } from './cancels/run-cancels.ts';
import { openRaceTrack, runRace } from './cancels/run-race.ts';

/** Another seed is another run: GLIP_TEST_SEED=7. The full counts: npm run soak -- cancels, and -- race. */
const seed = Number(process.env.GLIP_TEST_SEED ?? 1);

describe.skipIf(!isNodeAvailable())('steps of a real node', () => {
  let cluster: NodeCluster;
  let executor: TestExecutor;
  beforeAll(async () => {
    cluster = await startNodeCluster();
    executor = await startExecutor({ access: cluster.access });
  }, 180_000);
  afterAll(async () => {
    await executor?.stop();
    await cluster?.stop();
  });

  test(`that are cancelled in every phase are CANCELLED when no process is left (seed ${seed})`, {
    timeout: 400_000,
  }, async () => {
    const result = await runCancels(cluster, executor.client, {
      seed,
      cases: casesOfRealNode,
      rounds: 1,
      concurrency: 6,
      processesOf: cluster.node.processesOf,
    });
    expect(result.violations).toEqual([]);
    for (const [name, { ends }] of Object.entries(result.cases))
      expect(
        Object.values(ends).reduce((sum, one) => sum + one, 0),
        name,
      ).toBe(1);
  });

  test(`whose cancel meets their success end as their agents have written (seed ${seed})`, {
    timeout: 300_000,
  }, async () => {
    const track = await openRaceTrack(cluster, `race-${seed}`);
    try {
      const result = await runRace(cluster, executor.client, { seed, track, steps: 24, concurrency: 6 });
      expect(result.violations).toEqual([]);
      expect(result.succeeded + result.cancelled).toBe(24);
    } finally {
      await track.close();
    }
  });
});
