import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FailureCategory, type Step } from '../../gen/glip/executor/v1/step_pb.js';
import { type Recorder, startRecorder } from '../node/recorder.ts';
import { isAvailable } from '../support/control-plane/available.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { isRunning, stateName } from '../support/states.ts';
import { aStep, type StepWish, seconds } from '../support/step.ts';
import { createTenant, type Tenant } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { deletePod, evict, getJob, getPods, type Pod } from './suite/objects.ts';

interface Condition {
  readonly type: string;
  readonly reason?: string;
}

/** What test/golden/as-oldest.ts rests on, shown on the thing itself. */
describe.skipIf(!isAvailable(process.env, '1.30'))('a Job of Kubernetes 1.30', { timeout: 60_000 }, () => {
  let cluster: RealCluster;
  let executor: TestExecutor;
  let tenant: Tenant;
  let recorder: Recorder | undefined;

  beforeAll(async () => {
    cluster = await startRealCluster({ line: '1.30' });
    executor = await startExecutor({ access: cluster.access });
    tenant = await createTenant(cluster, 'acme');
    if (process.env.RECORD !== undefined) recorder = startRecorder(cluster.controlPlane, 'own-1.30');
  }, 120_000);

  afterAll(async () => {
    await recorder?.write();
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
    // The last word of its controller.
    await until('the pod is gone', async () => (await getPods(cluster, running)).length === 0);
    recorder?.keep('cancelled-ignore', running);
  });

  test('is Complete without a reason, and without SuccessCriteriaMet before', async () => {
    const { end, all } = await lived({}, 'completed');
    expect(stateName(end)).toBe('SUCCEEDED');
    expect(all.map(({ type, reason }) => ({ type, reason }))).toEqual([
      { type: 'Complete', reason: undefined },
    ]);
  });

  test('waits for its pod where a pod failure policy decides', async () => {
    const { end, all } = await lived({ agent: { exitCode: 3 } }, 'exit-3');
    expect(end.outcome).toMatchObject({ exitCode: 3 });
    expect(all.map(({ type }) => type)).toEqual(['FailureTarget', 'Failed']);
  });

  test('of a pod that was evicted, or deleted by somebody, says what the step says', async () => {
    const evicted = await lived({ agent: { hang: true } }, 'evicted', (pod) => evict(cluster, pod));
    expect(evicted.end.outcome?.category).toBe(FailureCategory.DISRUPTION);
    const deleted = await lived({ agent: { hang: true } }, 'pod-deleted', (pod) => deletePod(cluster, pod));
    expect(deleted.end.outcome?.reason).toBe('PodDeleted');
  });

  test('that never had a node is Failed at once', async () => {
    const queue = { resources: { cpu: '7' }, options: { timeouts: { queue: seconds(2) } } };
    const { end, all } = await lived(queue, 'queue-timeout');
    expect(stateName(end)).toBe('TIMED_OUT');
    expect(all.map(({ type }) => type)).toEqual(['Failed']);
  });

  /** A step from its submit to its end and to the last word of its Job; `then` is done to its pod when it runs. */
  async function lived(
    wish: Omit<StepWish, 'tenant'>,
    name: string,
    then?: (pod: Pod) => Promise<unknown>,
  ): Promise<{ readonly end: Step; readonly all: readonly Condition[] }> {
    const request = aStep(cluster, { tenant: tenant.name, ...wish });
    await executor.client.submit(request);
    const watch = executor.client.watch(request.key);
    if (then !== undefined) {
      const [pod] = await getPods(cluster, await watch.until('it runs', isRunning));
      if (pod !== undefined) await then(pod);
    }
    const end = await watch.final();
    const all = await until('the last condition', async () => {
      const seen = await conditions(end);
      return seen.some(({ type }) => type === 'Complete' || type === 'Failed') && seen;
    });
    recorder?.keep(name, end);
    return { end, all };
  }
});
