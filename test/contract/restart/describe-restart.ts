import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { annotation, retainFinalizer } from '../../../src/job/metadata.ts';
import { refusal } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { isFinal, isRunning, stateName } from '../../support/states.ts';
import { aStep, type StepRequest, type StepWish, seconds } from '../../support/step.ts';
import { createTenant, must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { deleteJob, deletePod, getJob, getPods } from '../suite/objects.ts';
import { jobOf } from '../suite/plan.ts';

/** What each step does while no executor runs. */
const wishes = {
  lives: { agent: { hang: true } },
  ends: { agent: { runMs: 4_000 } },
  'ends, and its pod is gone': { agent: { runMs: 4_000 } },
  'fails, and its pod is gone': { agent: { runMs: 4_000, exitCode: 3 } },
  'is deleted': { agent: { hang: true } },
  'ends, and is let go': { agent: { runMs: 4_000 }, options: { retainUntilAcknowledged: seconds(1) } },
} satisfies Record<string, Partial<StepWish>>;
type Name = keyof typeof wishes;

/** One executor on a cluster of its own is stopped; things happen; another one starts. */
export function describeRestart(name: string, startCluster: () => Promise<TestCluster>): void {
  describe(name, { timeout: 120_000 }, () => {
    const runId = randomUUID();
    let cluster: TestCluster;
    let executor: TestExecutor;
    let half: StepRequest;
    const requests = new Map<Name, StepRequest>();
    const before = new Map<Name, { step: Step; cursor: string }>();
    let cursor = '';

    const requestOf = (what: Name): StepRequest => requests.get(what)!;
    const known = (what: Name) => before.get(what)!;

    beforeAll(async () => {
      cluster = await startCluster();
      await createTenant(cluster, 'acme');
      executor = await startExecutor({ access: cluster.access });
      const { client } = executor;
      const many = client.watchSteps({ runId });
      for (const [i, [what, wish]] of Object.entries(wishes).entries()) {
        const request = aStep(cluster, { tenant: 'acme', runId, stepId: `step-${i}`, ...wish });
        requests.set(what as Name, request);
        await client.submit(request);
      }
      for (const [what, request] of requests) {
        const watch = client.watch(request.key);
        const step = await watch.until('it runs', isRunning);
        before.set(what, { step, cursor: watch.cursor });
        await many.until('it is told to run', request.key, isRunning);
      }
      cursor = many.cursor;
      await executor.stop();
      await meanwhile();
      executor = await startExecutor({ access: cluster.access });
    }, 180_000);

    afterAll(async () => {
      await executor?.stop();
      await cluster?.stop();
    });

    async function meanwhile(): Promise<void> {
      await deleteJob(cluster, known('is deleted').step);
      await until(
        'its pod is gone',
        async () => (await getPods(cluster, known('is deleted').step)).length === 0,
      );
      for (const what of [
        'ends',
        'ends, and its pod is gone',
        'fails, and its pod is gone',
        'ends, and is let go',
      ] as const) {
        const { step } = known(what);
        await until(`the Job's end: ${what}`, async () => {
          const { status } = await getJob(cluster, step);
          return status.conditions?.some(
            (c: { type: string }) => c.type === 'Complete' || c.type === 'Failed',
          );
        });
        if (!what.endsWith('pod is gone')) continue;
        for (const pod of await getPods(cluster, step)) await deletePod(cluster, pod, 0);
        await until(`no pod: ${what}`, async () => (await getPods(cluster, step)).length === 0);
      }
      // An executor that crashed between its two writes: the submit was never answered.
      half = aStep(cluster, { tenant: 'acme', runId, stepId: 'half' });
      const job = jobOf(half);
      await must(cluster, 'POST', `/apis/batch/v1/namespaces/${job.metadata.namespace}/jobs`, job);
    }

    const final = (what: Name) => executor.client.watch(requestOf(what).key, known(what).cursor).final();

    test('a step that still runs goes on', async () => {
      const { client } = executor;
      const watch = client.watch(requestOf('lives').key, known('lives').cursor);
      expect((await client.get(requestOf('lives').key)).timeline.length).toBe(
        known('lives').step.timeline.length,
      );
      await client.cancel(requestOf('lives').key);
      expect(stateName(await watch.final())).toBe('CANCELLED');
      expect(watch.transitions().map(({ phase }) => phase)).toEqual([
        ...new Set(watch.transitions().map(({ phase }) => phase)),
      ]);
    });

    test('a step that has ended meanwhile is told as it ended', async () => {
      expect(await final('ends')).toMatchObject({ outcome: { reason: 'Completed', exitCode: 0 } });
    });

    test('of one whose pod is gone, what its Job says is told, and no more', async () => {
      const failed = await final('fails, and its pod is gone');
      expect(failed.outcome).toMatchObject({ reason: 'ChecksumMismatch', exitCode: 3, mayHaveStarted: true });
      expect(failed.outcome?.message).toContain('gone before it could be read');
      const ended = await final('ends, and its pod is gone');
      expect(ended.outcome).toMatchObject({
        reason: 'SuccessUnconfirmed',
        exitCode: 0,
        mayHaveStarted: true,
      });
      expect(stateName(ended)).toBe('FAILED');
    });

    test('one whose Job was deleted has expired for who knew it, and is unknown to all others', async () => {
      const { client } = executor;
      const { key } = requestOf('is deleted');
      const gone = await client.watch(key, known('is deleted').cursor).ended;
      expect(gone).toMatchObject({ code: 'NOT_FOUND', reason: 'STEP_EXPIRED' });
      for (const call of [client.get, client.ack])
        expect(await refusal(call(key))).toMatchObject({ code: 'NOT_FOUND', reason: 'STEP_UNKNOWN' });
    });

    test('a record whose time was over meanwhile is let go, and told all the same', async () => {
      const { step } = known('ends, and is let go');
      expect(stateName(await final('ends, and is let go'))).toBe('SUCCEEDED');
      await until('it is let go', async () => {
        const { metadata } = await getJob(cluster, step);
        return !(metadata.finalizers ?? []).includes(retainFinalizer);
      });
    });

    test('who follows many is told what has happened, and that something may be missing', async () => {
      const watch = executor.client.watchSteps({ runId }, cursor);
      const { gap } = await watch.synced();
      expect(gap).toBe(true);
      for (const what of ['ends', 'ends, and its pod is gone', 'fails, and its pod is gone'] as const)
        await watch.until(`the end: ${what}`, requestOf(what).key, isFinal);
      expect(watch.story(requestOf('is deleted').key)).toEqual([]);
      expect(watch.story(half.key)).not.toEqual([]);
      watch.close();
    });

    test('a step that is there by half waits, and the repeated submit completes it', async () => {
      const { client } = executor;
      // A node that is played mounts nothing.
      if (cluster.runsAgents) expect(stateName(await client.get(half.key))).toBe('PENDING');
      const { created } = await client.submit(half);
      expect(created).toBe(false);
      const end = await client.watch(half.key).final();
      expect(stateName(end)).toBe('SUCCEEDED');
      expect((await getJob(cluster, end)).metadata.annotations[annotation.record]).toBeDefined();
    });
  });
}
