import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { DisruptionPolicy } from '../../gen/glip/executor/v1/options_pb.js';
import { FailureCategory, RetryAdvice } from '../../gen/glip/executor/v1/step_pb.js';
import { refusal } from '../support/client.ts';
import { isAvailable } from '../support/control-plane/available.ts';
import { applyFile, deployFile } from '../support/deploy.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { isRunning, stateName } from '../support/states.ts';
import { aStep, type StepWish } from '../support/step.ts';
import { connectTenants, type TenantClient } from '../support/tenant-client.ts';
import { until } from '../support/until.ts';
import { waitsFor } from './suite/waits.ts';

interface PriorityClass {
  readonly metadata: { readonly name: string };
  readonly value: number;
  readonly globalDefault: boolean;
  readonly preemptionPolicy: string;
  readonly description: string;
}

test('no class is a default of the cluster, reserved, or below what the cluster autoscaler makes room for', () => {
  const classes = parseAllDocuments(readFileSync(deployFile('priority-classes.yaml'), 'utf8')).map(
    (one) => one.toJS() as PriorityClass,
  );
  expect(classes.map(({ metadata: { name }, value }) => [name, value])).toEqual([
    ['glip-low', -10],
    ['glip-standard', 1_000],
    ['glip-high-waiting', 10_000],
    ['glip-high', 100_000],
  ]);
  for (const { globalDefault, value, description } of classes) {
    expect(globalDefault).toBe(false);
    expect(value).toBeLessThanOrEqual(1_000_000_000);
    expect(description).not.toBe('');
  }
});

/** Two tenants on one node that has room for two steps. */
describe.skipIf(!isAvailable())('preemption', { timeout: 120_000 }, () => {
  let cluster: RealCluster;
  let executor: TestExecutor;
  let tenants: TenantClient;

  beforeAll(async () => {
    cluster = await startRealCluster({ nodes: [{ name: 'full', cpu: '2' }] });
    await applyFile(cluster.controlPlane, 'priority-classes.yaml');
    executor = await startExecutor({ access: cluster.access });
    tenants = connectTenants(executor.grpc);
    await tenants.ready('patient', { priorityClasses: ['glip-low', 'glip-standard'] });
    await tenants.ready('urgent', { priorityClasses: ['glip-high', 'glip-high-waiting'] });
  }, 120_000);
  afterAll(async () => {
    tenants?.close();
    await executor?.stop();
    await cluster?.stop();
  });

  const begin = async (tenant: string, priorityClass: string, wish: Partial<StepWish> = {}) => {
    const request = aStep(cluster, {
      tenant,
      agent: { hang: true },
      resources: { cpu: '1' },
      ...wish,
      options: { priorityClass, ...wish.options },
    });
    await executor.client.submit(request);
    return { key: request.key, watch: executor.client.watch(request.key) };
  };
  type Begun = Awaited<ReturnType<typeof begin>>;
  const runs = ({ watch }: Begun) => watch.until('it runs', isRunning);
  const cancelAll = async (steps: readonly Begun[]) => {
    for (const { key, watch } of steps) {
      await executor.client.cancel(key);
      expect(stateName(await watch.final())).toBe('CANCELLED');
    }
  };
  const fill = async (options: StepWish['options'] = {}) => {
    const low = await Promise.all([1, 2].map(() => begin('patient', 'glip-low', { options })));
    await Promise.all(low.map(runs));
    return low;
  };
  const unharmed = async (steps: readonly Begun[]) => {
    for (const { key } of steps) {
      const step = await executor.client.get(key);
      expect(isRunning(step)).toBe(true);
      expect(step.incarnation).toBe(0);
    }
  };

  test('one low step is ended for a high one, and told so; the other runs on', async () => {
    const low = await fill();
    const high = await begin('urgent', 'glip-high');
    await runs(high);
    const ended = await until('one has ended', async () => {
      for (const one of low) if (!isRunning(await executor.client.get(one.key))) return one;
      return undefined;
    });
    const end = await ended.watch.final();
    expect(stateName(end)).toBe('FAILED');
    expect(end.outcome).toMatchObject({
      reason: 'Preempted',
      category: FailureCategory.DISRUPTION,
      retry: RetryAdvice.SAME,
      mayHaveStarted: true,
    });
    const others = low.filter((one) => one !== ended);
    await unharmed(others);
    await cancelAll([high, ...others]);
  });

  test('a low step that is replaced waits for room, and goes on when the high one is over', async () => {
    const low = await fill({ disruptionPolicy: DisruptionPolicy.REPLACE });
    const high = await begin('urgent', 'glip-high');
    await runs(high);
    const replaced = await until('one has another life', async () => {
      for (const one of low) if ((await executor.client.get(one.key)).incarnation === 1) return one;
      return undefined;
    });
    await replaced.watch.until('it waits', (s) => s.incarnation === 1 && s.waiting !== undefined);
    await unharmed([high, ...low.filter((one) => one !== replaced)]);
    await cancelAll([high]);
    await replaced.watch.until('it runs again', (s) => s.incarnation === 1 && isRunning(s));
    await cancelAll(low);
  });

  test('a class that ends nobody waits for room, and goes before what waits with less', async () => {
    const low = await fill();
    const earlier = await begin('patient', 'glip-low');
    await waitsFor(earlier.watch, 'Unschedulable');
    const waiting = await begin('urgent', 'glip-high-waiting');
    const { waiting: why } = await waitsFor(waiting.watch, 'Unschedulable');
    expect(why.message).toContain('Insufficient cpu');
    await unharmed(low);
    await cancelAll(low.slice(0, 1));
    await runs(waiting);
    expect((await executor.client.get(earlier.key)).waiting?.reason).toBe('Unschedulable');
    await unharmed(low.slice(1));
    await cancelAll([waiting, earlier, ...low.slice(1)]);
  });

  test('a tenant whose description does not name the class is refused', async () => {
    const wrong = await refusal(begin('patient', 'glip-high'));
    expect(wrong).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
    expect(wrong.violations.map(({ field, description }) => [field, description])).toEqual([
      ['options.priority_class', 'is none that this tenant may use; those are: glip-low, glip-standard'],
    ]);
  });
});
