import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestCluster } from '../../support/cluster.ts';
import { type ExecutorProcess, startExecutorProcess } from '../../support/executor-process.ts';
import { stateName } from '../../support/states.ts';
import { aStep, type StepRequest } from '../../support/step.ts';
import { createTenant, must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { expectWholeChain, way } from '../suite/chain.ts';
import { getPods } from '../suite/objects.ts';
import { rudeClient } from './rude-client.ts';

const rude = 100;
const news = 200;
const size = 16 * 1024;
const MiB = 1024 * 1024;

/**
 * Readers that do not read and readers that vanish, in front of an executor of its own. A step that waits tells `news` reasons of `size`
 * bytes: kept for each of `rude` streams that would be 320 MB.
 */
export function describeWatchers(name: string, startCluster: () => Promise<TestCluster>): void {
  describe(name, { timeout: 240_000 }, () => {
    let cluster: TestCluster;
    let executor: ExecutorProcess;

    beforeAll(async () => {
      cluster = await startCluster();
      await createTenant(cluster, 'acme');
      executor = await startExecutorProcess(cluster.access, [
        '--heartbeat-interval',
        '50ms',
        '--log-level',
        'info',
      ]);
    }, 120_000);

    afterAll(async () => {
      await executor?.stop();
      await cluster?.stop();
    });

    const openWatches = async (): Promise<number> => {
      const { host, port } = executor.http;
      const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
      return Number(/^glip_executor_rpc_open\{[^}]*WatchStep[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };

    /** Gives the step another reason to wait, as long as it is told to be. */
    const tellNews = async (step: StepRequest, n: number): Promise<void> => {
      const seen = await executor.client.get(step.key);
      const [pod] = await getPods(cluster, seen);
      const path = `/api/v1/namespaces/${pod?.metadata.namespace}/pods/${pod?.metadata.name}/status`;
      const message = `${n} ${'x'.repeat(size)}`;
      await must(
        cluster,
        'PATCH',
        path,
        {
          status: {
            conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
          },
        },
        'application/strategic-merge-patch+json',
      );
    };

    /** One step from its submit to its end, under watchers of all kinds. Returns the memory while they are there. */
    const scenario = async (): Promise<number> => {
      const step = aStep(cluster, {
        tenant: 'acme',
        runId: randomUUID(),
        resources: { cpu: '8', memory: '8Gi' },
      });
      await executor.client.submit(step);
      const watch = executor.client.watch(step.key);
      await watch.until('it waits', (s) => s.waiting !== undefined);
      const [neverReads, vanishes] = await Promise.all([
        rudeClient(executor.grpc),
        rudeClient(executor.grpc),
      ]);
      await Promise.all(Array.from({ length: rude }, () => neverReads.watch(step.key)));
      await vanishes.watch(step.key);
      expect(await openWatches()).toBe(rude + 2);

      for (let n = 0; n < news; n++) await tellNews(step, n);
      vanishes.vanish();
      await until('the one that vanished is forgotten', async () => (await openWatches()) === rude + 1);
      await watch.until('the last news came', (s) => s.waiting?.message.startsWith(`${news - 1} `) ?? false);
      const during = await executor.memory();

      await executor.client.cancel(step.key);
      const end = await watch.final();
      expect(stateName(end)).toBe('CANCELLED');
      expectWholeChain(watch);
      expect(way(end)).toEqual([
        'QUEUED/PENDING',
        'SCHEDULING/PENDING',
        'TERMINATING/CANCELLING',
        'FINISHED/CANCELLED',
      ]);
      neverReads.vanish();
      await until('nobody watches', async () => (await openWatches()) === 0);
      return during;
    };

    test('the others see every transition, and the memory returns to its base', async () => {
      // Once before the base is taken: code is compiled, and pools are filled.
      await scenario();
      const base = await executor.memory();
      const during = [];
      for (let i = 0; i < 3; i++) during.push(await scenario());
      await until('the memory is back', async () => (await executor.memory()) < base + 8 * MiB);
      // What the streams that nobody reads hold is bounded by their windows, not by what there is to tell.
      for (const bytes of during) expect(bytes).toBeLessThan(base + 64 * MiB);
      expect(await executor.stop()).toBe(0);
    });
  });
}
