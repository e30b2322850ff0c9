import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAvailable } from '../support/control-plane/available.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { isRunning, stateName } from '../support/states.ts';
import { aStep, seconds } from '../support/step.ts';
import { createTenant, type Tenant } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { getJob, getPods } from './suite/objects.ts';

interface Condition {
  readonly type: string;
  readonly reason?: string;
}

/** What test/golden/as-oldest.ts rests on, shown on the thing itself. */
describe.skipIf(!isAvailable(process.env, '1.30'))('a Job of Kubernetes 1.30', { timeout: 60_000 }, () => {
  let cluster: RealCluster;
  let executor: TestExecutor;
  let tenant: Tenant;

  beforeAll(async () => {
    cluster = await startRealCluster({ line: '1.30' });
    executor = await startExecutor({ access: cluster.access });
    tenant = await createTenant(cluster, 'acme');
  }, 120_000);

  afterAll(async () => {
    await executor?.stop();
    await cluster?.stop();
  });

  const conditions = async (step: Parameters<typeof getJob>[1]): Promise<readonly Condition[]> =>
    (await getJob(cluster, step)).status.conditions ?? [];

  test('is Failed while its pod still runs; the step is CANCELLING until that is over', async () => {
    const { client } = executor;
    const request = aStep(cluster, {
      tenant: tenant.name,
      agent: { hang: true, onTerm: 'ignore' },
      options: { gracePeriod: seconds(5) },
    });
    await client.submit(request);
    const watch = client.watch(request.key);
    const running = await watch.until('it runs', isRunning);
    await client.cancel(request.key);
    const failed = await until('the Job says Failed', async () =>
      (await conditions(running)).find((c) => c.type === 'Failed'),
    );
    expect(failed.reason).toBe('DeadlineExceeded');
    const [pod] = await getPods(cluster, running);
    expect(pod?.status.containerStatuses?.map((c) => Object.keys(c.state))).toEqual([['running']]);
    expect((await getJob(cluster, running)).status).toMatchObject({ terminating: 0, failed: 1 });
    expect(stateName(await client.get(request.key))).toBe('CANCELLING');
    const end = await watch.final();
    expect(stateName(end)).toBe('CANCELLED');
    expect(end.outcome).toMatchObject({ exitCode: 137, mayHaveStarted: true });
  });

  test('is Complete without a reason, and without SuccessCriteriaMet before', async () => {
    const { client } = executor;
    const request = aStep(cluster, { tenant: tenant.name });
    await client.submit(request);
    const end = await client.watch(request.key).final();
    expect(stateName(end)).toBe('SUCCEEDED');
    const all = await until('a condition', async () => {
      const seen = await conditions(end);
      return seen.length > 0 && seen;
    });
    expect(all.map(({ type, reason }) => ({ type, reason }))).toEqual([
      { type: 'Complete', reason: undefined },
    ]);
  });
});
