import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { connectTenants } from '../../support/tenant-client.ts';
import { createTenant, must, type Tenant } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { getPods } from '../suite/objects.ts';
import { describeBadInput } from './bad-input.ts';
import { invalidSubmit } from './invalid.ts';
import { validSubmit } from './valid.ts';
import { described, priorityClass } from './valid-options.ts';

export interface HostileRuns {
  readonly valid: number;
  readonly invalid: number;
  /** So many of the valid ones are really submitted. */
  readonly created: number;
}

/** Tenant ids at the edges of their grammar, of namespaces that were made by hand. */
const byHand = [
  'acme',
  'a',
  'under_score',
  'ends-',
  'x--x',
  'kube-system',
  `z${'_'.repeat(62)}`,
  'l'.repeat(63),
];

const tenants = [...byHand, described.tenant];

/** The same runs every time; another seed finds other things: FC_SEED=1. */
const seed = Number(process.env.FC_SEED ?? 20_260_127);

/** What callers may send, at its worst, on one kind of cluster. */
export function describeHostile(
  name: string,
  startCluster: () => Promise<TestCluster>,
  runs: HostileRuns,
): void {
  describe(name, { timeout: 240_000 }, () => {
    let cluster: TestCluster;
    let executor: TestExecutor;
    let laidDown: readonly Tenant[];

    beforeAll(async () => {
      console.info(`fast-check seed ${seed}; FC_SEED=… for another`);
      cluster = await startCluster();
      laidDown = await Promise.all(byHand.map((tenant) => createTenant(cluster, tenant)));
      await cluster.request('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name: priorityClass },
        value: -10,
      });
      executor = await startExecutor({ access: cluster.access });
      const client = connectTenants(executor.grpc);
      const { tenant: name, namespace } = await client.ready(described.tenant, described.spec);
      client.close();
      laidDown = [...laidDown, { name, namespace }];
    }, 120_000);

    afterAll(async () => {
      await executor?.stop();
      await cluster?.stop();
    });

    const jobCount = async () => (await must(cluster, 'GET', '/apis/batch/v1/jobs')).items.length;

    test(`${runs.valid} valid invocations make Jobs that the API server takes without a warning, and pods that "restricted" admits`, async () => {
      const before = await jobCount();
      await fc.assert(
        fc.asyncProperty(validSubmit(tenants), async (request) => {
          const { jobJson } = await executor.client.submit({ ...request, validateOnly: true });
          expect(JSON.parse(jobJson)).toMatchObject({ kind: 'Job', metadata: { uid: expect.any(String) } });
          expect(executor.complaints).toEqual([]);
        }),
        { numRuns: runs.valid, seed, endOnFailure: false },
      );
      expect(await jobCount()).toBe(before);
    });

    test(`${runs.created} of them are submitted, and their pods come`, async () => {
      const requests = fc.sample(validSubmit(tenants), { numRuns: runs.created, seed: seed + 1 });
      for (const request of requests) {
        const { created, step } = await executor.client.submit(request);
        expect(created).toBe(true);
        await until('its pod is there', async () => (await getPods(cluster, step!)).length === 1);
        expect(await executor.client.get(request.key!)).toMatchObject({ key: request.key });
      }
      expect(executor.complaints).toEqual([]);
    });

    test(`${runs.invalid} invalid ones are refused with every violation named, before any object exists`, async () => {
      const before = await jobCount();
      await fc.assert(
        fc.asyncProperty(invalidSubmit(tenants), async ({ request, fields, what }) => {
          const error = await refusal(executor.client.submit(request));
          expect(error, what.join('; ')).toMatchObject({
            code: 'INVALID_ARGUMENT',
            reason: 'INVALID_REQUEST',
          });
          const named = error.violations.map(({ field }) => field);
          expect(named, what.join('; ')).toEqual(expect.arrayContaining([...fields]));
          expect(error.violations.every(({ description }) => description.length > 4)).toBe(true);
        }),
        { numRuns: runs.invalid, seed },
      );
      expect(await jobCount()).toBe(before);
      for (const { namespace } of laidDown) {
        const { items } = await must(cluster, 'GET', `/api/v1/namespaces/${namespace}/configmaps`);
        const inputs = items.filter((c: { metadata: { name: string } }) =>
          c.metadata.name.startsWith('glip-inputs'),
        );
        expect(inputs.length).toBeLessThanOrEqual(before);
      }
    });

    describeBadInput(() => executor);

    test('after all this it still serves, and met no defect', async () => {
      const { steps } = await executor.client.list({ pageSize: 1 });
      expect(steps).toHaveLength(1);
      expect(executor.complaints).toEqual([]);
    });
  });
}
