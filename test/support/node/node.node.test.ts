import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startExecutor, type TestExecutor } from '../executor.ts';
import { type NodeCluster, startNodeCluster } from '../node-cluster.ts';
import { stateName } from '../states.ts';
import { aStep } from '../step.ts';
import { createTenant } from '../tenants.ts';
import { isNodeAvailable } from './start.ts';

describe.skipIf(!isNodeAvailable())('a real node', { timeout: 90_000 }, () => {
  let cluster: NodeCluster;
  let executor: TestExecutor;

  beforeAll(async () => {
    cluster = await startNodeCluster();
    executor = await startExecutor({ access: cluster.access });
  }, 120_000);

  afterAll(async () => {
    await executor?.stop();
    await cluster?.stop();
  });

  test('runs a step', async () => {
    const { name: tenant } = await createTenant(cluster, 'acme');
    const request = aStep(cluster, { tenant });
    await executor.client.submit(request);
    const end = await executor.client.watch(request.key).final();
    expect(stateName(end)).toBe('SUCCEEDED');
  });
});
