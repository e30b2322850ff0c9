import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Step } from '../../gen/glip/executor/v1/step_pb.js';
import { annotation } from '../../src/job/metadata.ts';
import { isAvailable } from '../support/control-plane/available.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { isFinal, isRunning, stateName } from '../support/states.ts';
import { aStep, type StepRequest } from '../support/step.ts';
import { createTenant } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import type { Watch } from '../support/watch.ts';
import { getJob, getPods, patchJob } from './suite/objects.ts';

/** So many more versions than the API server makes by itself while it starts. */
const writesAfter = 400;

describe.skipIf(!isAvailable())('etcd is restored from a backup while an executor runs', () => {
  let cluster: RealCluster;
  let executor: TestExecutor;
  const steps = new Map<string, { request: StepRequest; watch: Watch }>();

  const submit = async (name: string): Promise<void> => {
    const request = aStep(cluster, { tenant: 'acme', stepId: name, agent: { hang: true } });
    await executor.client.submit(request);
    const watch = executor.client.watch(request.key);
    await watch.until('it runs', isRunning);
    steps.set(name, { request, watch });
  };
  const of = (name: string) => steps.get(name)!;
  const recordOf = async (step: Step): Promise<unknown> =>
    (await getJob(cluster, step)).metadata.annotations[annotation.record];
  let told: Step;
  let record: unknown;

  beforeAll(async () => {
    cluster = await startRealCluster();
    await createTenant(cluster, 'acme');
    executor = await startExecutor({ access: cluster.access });
    for (const name of ['goes-on', 'was-cancelled']) await submit(name);
    const restore = await cluster.controlPlane.backUp();
    await submit('came-later');
    const { request, watch } = of('was-cancelled');
    await executor.client.cancel(request.key);
    told = await watch.final();
    record = await recordOf(told);
    const live = of('goes-on').watch.step!;
    for (let i = 0; i < writesAfter; i += 1)
      await patchJob(cluster, live, { metadata: { annotations: { 'example.com/count': String(i) } } });
    await restore();
  }, 180_000);

  afterAll(async () => {
    await executor?.stop();
    await cluster?.stop();
  });

  test('a step that was not in the backup is told to be gone', async () => {
    const { watch } = of('came-later');
    const end = await watch.until('its end', isFinal);
    // Nobody has seen its process end.
    expect(end.outcome).toMatchObject({ reason: 'EndUnconfirmed', mayHaveStarted: true });
  }, 60_000);

  test('a step that goes on is followed: it can be cancelled, and its end is seen', async () => {
    const { request, watch } = of('goes-on');
    await until('it is cancelled', async () => {
      return stateName(await executor.client.cancel(request.key)) !== 'RUNNING';
    });
    const end = await watch.final();
    expect(stateName(end)).toBe('CANCELLED');
    expect(await recordOf(end)).toBeDefined();
    const phases = watch.transitions().map(({ phase }) => phase);
    expect(phases).toEqual([...phases].sort((a, b) => a - b));
  }, 60_000);

  test('an end that was told stays, is recorded again, and what runs again behind it is stopped', async () => {
    await until('it is recorded again', async () => (await recordOf(told)) === record);
    await until('its pod is gone', async () => (await getPods(cluster, told)).length === 0);
    const now = await executor.client.get(of('was-cancelled').request.key);
    expect(now).toMatchObject({ state: told.state, phase: told.phase, outcome: told.outcome });
    expect(now.timeline).toEqual(told.timeline);
    expect(now.observations).toContainEqual(expect.stringContaining('restored from a backup'));
  }, 60_000);
});
