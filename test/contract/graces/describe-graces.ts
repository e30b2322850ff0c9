import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FailureCategory, RetryAdvice } from '../../../gen/glip/executor/v1/step_pb.js';
import { annotation } from '../../../src/job/metadata.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { phaseName, stateName } from '../../support/states.ts';
import { aStep, type StepWish, seconds } from '../../support/step.ts';
import { createTenant, must, type Tenant } from '../../support/tenants.ts';
import { expectWholeChain } from '../suite/chain.ts';
import { getJob, recordOn } from '../suite/objects.ts';
import { limitPods, postJob } from '../suite/waits.ts';

interface Case {
  readonly reason: string;
  readonly category: keyof typeof FailureCategory;
  readonly retry: keyof typeof RetryAdvice;
  readonly wish?: Partial<StepWish>;
  /** Only where this holds. */
  readonly on?: (cluster: TestCluster) => boolean;
  /** How the step comes to be, where a submit does not make it wait. */
  readonly arrange?: 'no account' | 'root' | 'no secret';
}

const cases: readonly Case[] = [
  { reason: 'ImageNotFound', category: 'IMAGE', retry: 'NO', wish: { agent: { image: 'missing' } } },
  {
    reason: 'ImageAccessDenied',
    category: 'IMAGE',
    retry: 'NO',
    wish: { agent: { image: 'denied' } },
    on: (c) => c.name !== 'embedded',
  },
  {
    reason: 'RegistryUnavailable',
    category: 'PLATFORM',
    retry: 'LATER',
    wish: { agent: { image: 'unreachable' } },
    on: (c) => c.name !== 'embedded',
  },
  { reason: 'ServiceAccountMissing', category: 'PLATFORM', retry: 'LATER', arrange: 'no account' },
  { reason: 'PodSecurityRefused', category: 'POLICY', retry: 'NO', arrange: 'root' },
  {
    reason: 'SecretMissing',
    category: 'PLATFORM',
    retry: 'NO',
    arrange: 'no secret',
    on: (c) => c.runsAgents,
  },
];

const short = [
  'imageNotFound',
  'imageAccessDenied',
  'registryUnavailable',
  'serviceAccountMissing',
  'podSecurityRefused',
  'secretMissing',
];

/** An executor with short graces: what cannot mend itself ends the step, as a failure of its own and not as a timeout. */
export function describeGraces(name: string, startCluster: () => Promise<TestCluster>): void {
  describe(name, { timeout: 90_000, concurrent: true }, () => {
    let cluster: TestCluster;
    let executor: TestExecutor;
    let tenant: Tenant;
    let noAccount: Tenant;

    beforeAll(async () => {
      cluster = await startCluster();
      tenant = await createTenant(cluster, 'acme');
      noAccount = await createTenant(cluster, 'no-account', { account: false });
      const graces = Object.fromEntries(short.map((key) => [key, '1s']));
      executor = await startExecutor({ access: cluster.access, config: { graces } });
    }, 120_000);

    afterAll(async () => {
      await executor?.stop();
      await cluster?.stop();
    });

    const begin = async ({ wish = {}, arrange }: Case) => {
      const request = aStep(cluster, {
        ...wish,
        tenant: (arrange === 'no account' ? noAccount : tenant).name,
      });
      if (arrange === 'root') {
        await postJob(cluster, request, (pod) => {
          pod.securityContext = {};
          for (const container of pod.containers) container.securityContext = {};
        });
      } else if (arrange === 'no secret') {
        await postJob(cluster, request, (pod) => {
          const secretKeyRef = { name: 'no-such-secret', key: 'token' };
          for (const { env } of pod.containers) env.push({ name: 'TOKEN', valueFrom: { secretKeyRef } });
        });
      }
      if (arrange !== 'root') await executor.client.submit(request);
      return request;
    };

    test.for(cases)('$reason', async (row, { skip }) => {
      if (row.on?.(cluster) === false) skip('this cluster cannot play that');
      const { reason, category, retry, arrange } = row;
      const request = await begin(row);
      const watch = executor.client.watch(request.key);
      const waits = await watch.until(`it waits for ${reason}`, (s) => s.waiting?.reason === reason);
      const { since, giveUpTime } = waits.waiting ?? {};
      expect(Number((giveUpTime?.seconds ?? 0n) - (since?.seconds ?? 0n))).toBeLessThanOrEqual(3);
      const end = await watch.final();
      expectWholeChain(watch);
      expect(stateName(end)).toBe('FAILED');
      expect(end.outcome).toMatchObject({
        reason,
        category: FailureCategory[category],
        retry: RetryAdvice[retry],
        mayHaveStarted: false,
      });
      expect(end.outcome?.message).toContain(`given up after 1 s of ${reason}`);
      expect(end.cancellation).toBeUndefined();
      // Kubernetes cuts times to seconds: the Job's own end may stand before what led to it.
      if (arrange !== undefined)
        expect(end.outcome?.evidence?.events).toContainEqual(expect.stringMatching(/^Failed/));
      expect(end.timeline.map(phaseName).slice(-2)).toEqual(['TERMINATING', 'FINISHED']);
      const job = await getJob(cluster, end);
      expect(JSON.parse(job.metadata.annotations[annotation.stop])).toMatchObject({
        cause: 'WaitingTooLong',
        waiting: { reason },
      });
      expect(await recordOn(cluster, end)).toMatchObject({ end: { state: 'FAILED', outcome: { reason } } });
      expect((await executor.client.get(request.key)).outcome).toEqual(end.outcome);
    });

    test('a full quota is waited for until the timeout of the queue, which says so', async () => {
      const full = await createTenant(cluster, 'full');
      await limitPods(cluster, full.namespace, 0);
      const request = aStep(cluster, { tenant: full.name, options: { timeouts: { queue: seconds(3) } } });
      await executor.client.submit(request);
      const end = await executor.client.watch(request.key).final();
      expect(stateName(end)).toBe('TIMED_OUT');
      expect(end.outcome).toMatchObject({ reason: 'QueueTimeout', mayHaveStarted: false });
      expect(end.outcome?.message).toBe(
        'No node was found within 3 s. It waited: QuotaExceeded: The quota steps is used up: pods: 1 asked, 0 of 0 used.',
      );
      await must(cluster, 'DELETE', `/api/v1/namespaces/${full.namespace}/resourcequotas/steps`);
    });
  });
}
