import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../support/client.ts';
import { isAvailable } from '../support/control-plane/available.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { connectTenants } from '../support/tenant-client.ts';
import { runNeighbours } from './neighbours/run-neighbours.ts';
import { roomyNodes } from './roomy.ts';

/** Another seed is another run: GLIP_TEST_SEED=7. The full counts, and what it costs the neighbour: npm run soak -- neighbours. */
const seed = Number(process.env.GLIP_TEST_SEED ?? 1);

describe.skipIf(!isAvailable())('a tenant that floods', () => {
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

  test(`waits for its own quota and runs when there is room; its neighbour never waits (seed ${seed})`, async () => {
    const tenants = connectTenants(executor.grpc);
    const clients = [1, 2].map(() => connect(executor.grpc, { own: true }));
    try {
      const of = { client: executor.client, clients, tenants };
      const result = await runNeighbours(cluster, of, { seed, quota: 12, beyond: 24, quietSteps: 6 });
      expect(result.violations).toEqual([]);
      expect(result.counts['steps that waited for it']).toBe(24);
      for (const samples of Object.values(result.samples)) expect(samples.length).toBeGreaterThanOrEqual(6);
      expect(executor.complaints).toEqual([]);
    } finally {
      for (const client of clients) client.close();
      tenants.close();
    }
  }, 240_000);
});
