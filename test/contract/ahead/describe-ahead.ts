import { timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DisruptionPolicy } from '../../../gen/glip/executor/v1/options_pb.js';
import { MomentKind, type Step } from '../../../gen/glip/executor/v1/step_pb.js';
import type { TestCluster } from '../../support/cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { isRunning, stateName } from '../../support/states.ts';
import { aStep, type StepWish, seconds } from '../../support/step.ts';
import { createTenant, type Tenant } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { stepOf } from '../../support/watch.ts';
import { evict, getPods, type Pod } from '../suite/objects.ts';
import { kubectl } from './kubectl.ts';
import { cordon, nodeNames, taint } from './nodes.ts';

const expects = (cause: string) => (step: Step) => step.disruptionExpected?.cause === cause;

/** How long before the end of the step its first warning was seen, both by the executor's clock; milliseconds. */
function lead({ moments }: Step): number {
  const seen = (kind: MomentKind) => moments.find((m) => m.kind === kind)?.observeTime;
  const [warned, over] = [seen(MomentKind.DISRUPTION_EXPECTED), seen(MomentKind.FINISHED)];
  return warned && over ? timestampMs(over) - timestampMs(warned) : Number.NaN;
}
const causes = ({ moments }: Step) =>
  moments.flatMap(({ kind, detail }) => (kind === MomentKind.DISRUPTION_EXPECTED ? [detail] : []));

/** An agent that goes on until it is killed: what is told ahead is told at least so long before. */
const graceSeconds = 3;
const stubborn: Partial<StepWish> = {
  agent: { hang: true, onTerm: 'ignore' },
  options: { gracePeriod: seconds(graceSeconds) },
};

/** What is told before a disruption, by nodes and by pods, and what a step that is not interruptible is kept from. */
export function describeAhead(name: string, startCluster: () => Promise<TestCluster>): void {
  describe(name, { timeout: 120_000 }, () => {
    let cluster: TestCluster;
    let executor: TestExecutor;
    let tenant: Tenant;
    const mended: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      cluster = await startCluster();
      tenant = await createTenant(cluster, 'acme');
      executor = await startExecutor({ access: cluster.access });
    }, 120_000);
    afterAll(async () => {
      await executor?.stop();
      await cluster?.stop();
    });
    afterEach(async () => {
      for (const mend of mended.splice(0)) await mend();
      for (const node of await nodeNames(cluster)) await cordon(cluster, node, false);
    });

    const running = async (wish: Partial<StepWish>) => {
      const request = aStep(cluster, { tenant: tenant.name, ...wish });
      await executor.client.submit(request);
      const watch = executor.client.watch(request.key);
      const step = await watch.until('it runs', isRunning);
      if (step.pod !== undefined) await cluster.agentListens(step.pod);
      return { request, watch, step };
    };
    /** Steps that run together on one node, whatever other nodes there are. */
    const together = async (...wishes: readonly Partial<StepWish>[]) => {
      const [node = '', ...others] = await nodeNames(cluster);
      for (const other of others) await cordon(cluster, other);
      const steps = await Promise.all(wishes.map(running));
      for (const other of others) await cordon(cluster, other, false);
      expect(steps.map(({ step }) => step.node)).toEqual(wishes.map(() => node));
      return { node, steps };
    };

    test('a cordon is told to who runs there, withdrawn with it, and remembered', async () => {
      const { watch, request, step } = await running({ agent: { hang: true } });
      await cordon(cluster, step.node);
      const told = await watch.frame(
        'it is told',
        ({ frame }) => frame.case === 'update' && expects('NodeCordoned')(frame.value.step!),
      );
      expect(told.frame.value).not.toHaveProperty('transition');
      const now = await executor.client.get(request.key);
      expect(now.disruptionExpected?.message).toContain(step.node);
      expect(now.disruptionExpected?.deadline).toBeUndefined();
      expect(stateName(now)).toBe('RUNNING');
      await cordon(cluster, step.node, false);
      const calm = await until('it is withdrawn', async () => {
        const found = await executor.client.get(request.key);
        return found.disruptionExpected === undefined && found;
      });
      expect(causes(calm)).toEqual(['NodeCordoned']);
      await executor.client.cancel(request.key);
      expect(causes(await watch.final())).toEqual(['NodeCordoned']);
    });

    test('a spot notice is told before the drain that follows it', async ({ skip }) => {
      const { watch, step, request } = await running(stubborn);
      const blind = await startExecutor({ access: cluster.access, config: { nodeWatch: 'off' } });
      mended.push(blind.stop);
      const unseeing = blind.client.watch(request.key);
      await unseeing.until('it runs there too', isRunning);
      const notice = {
        key: 'aws-node-termination-handler/spot-itn',
        value: 'spot-itn-1',
        effect: 'NoSchedule',
      };
      mended.push(await taint(cluster, step.node, notice));
      await watch.until('it is told', expects('SpotReclaim'));
      if (!cluster.evicts) skip('this cluster has no eviction');
      await cordon(cluster, step.node);
      await evict(cluster, (await getPods(cluster, step))[0] as Pod);
      const marked = await watch.until(
        'it is being stopped',
        (s) => s.disruptionExpected?.deadline !== undefined,
      );
      expect(marked.disruptionExpected?.cause).toBe('NodeDrain');
      // Who sees no nodes has the pod's own mark, and the same end.
      await unseeing.until('it is told there, too', expects('NodeDrain'));
      const [mine, theirs] = [await watch.final(), await unseeing.final()];
      expect(theirs).toEqual(mine);
      expect(unseeing.frames.map(stepOf).filter((s) => s !== undefined && expects('SpotReclaim')(s))).toEqual(
        [],
      );
      expect(mine.outcome?.reason).toBe('Drained');
      expect(mine.disruptionExpected).toBeUndefined();
      // The moments are those of the executor that has recorded the end.
      expect([['SpotReclaim', 'NodeDrain'], ['NodeDrain']]).toContainEqual(causes(mine));
      expect(lead(mine)).toBeGreaterThan(1_000 * (graceSeconds - 1));
    });

    test('a node is drained: warned, kept, replaced', async ({ skip }) => {
      if (!cluster.evicts) skip('this cluster has no eviction');
      const { node, steps } = await together(
        stubborn,
        { agent: { runMs: 15_000 }, options: { interruptible: false } },
        { agent: { hang: true }, options: { disruptionPolicy: DisruptionPolicy.REPLACE } },
      );
      const [plain, kept, replaced] = steps;
      if (!plain || !kept || !replaced) throw new Error('three steps were asked for');
      let most = 0;
      const counted = until('another life of the replaced step', async () => {
        const pods = await getPods(cluster, replaced.step);
        const alive = pods
          .flatMap((p) => p.status.containerStatuses ?? [])
          .filter((c) => 'running' in c.state);
        most = Math.max(most, alive.length);
        return (await executor.client.get(replaced.request.key)).incarnation === 1;
      });
      const drain = await kubectl(
        cluster,
        'drain',
        node,
        '--force',
        '--ignore-daemonsets',
        '--delete-emptydir-data',
        '--timeout=8s',
      );
      expect(drain.said).toContain("Cannot evict pod as it would violate the pod's disruption budget");
      expect(drain.code).toBe(1);

      const end = await plain.watch.final();
      expect(end.outcome?.reason).toBe('Drained');
      expect(causes(end)).toEqual(['NodeCordoned', 'NodeDrain']);
      expect(lead(end)).toBeGreaterThan(1_000 * (graceSeconds - 1));

      const still = await executor.client.get(kept.request.key);
      expect(stateName(still)).toBe('RUNNING');
      expect(still.disruptionExpected?.cause).toBe('NodeCordoned');
      const [pod] = await getPods(cluster, still);
      expect(pod?.metadata.deletionTimestamp).toBeUndefined();

      await counted;
      // Where there is but one node, the next pod waits for it.
      await cordon(cluster, node, false);
      const again = await replaced.watch.until('it runs again', (s) => s.incarnation === 1 && isRunning(s));
      expect(most).toBeLessThanOrEqual(1);
      expect(again.disruptionExpected).toBeUndefined();
      const time = (s: Step, life: number, is: (t: Step['timeline'][number]) => boolean) =>
        s.timeline.find((t) => t.incarnation === life && is(t))?.observeTime;
      expect(time(again, 1, ({ reason }) => reason === 'Drained')).toBeDefined();
      await executor.client.cancel(replaced.request.key);
      expect((await replaced.watch.final()).incarnation).toBe(1);
      const done = await kept.watch.final();
      expect(stateName(done)).toBe('SUCCEEDED');
      expect(causes(done)).toEqual(['NodeCordoned']);
    });

    test('a budget keeps off neither taints, nor evictions of a pod that does not run', async ({ skip }) => {
      if (!cluster.evicts) skip('this cluster has no eviction');
      const protectedOne = { ...stubborn, options: { ...stubborn.options, interruptible: false } };
      const { watch, step } = await running(protectedOne);
      mended.push(await taint(cluster, step.node, { key: 'broken', effect: 'NoExecute' }));
      await watch.until('it is told', expects('NoExecuteTaint'));
      const end = await watch.final();
      expect(end.outcome?.reason).toBe('NodeTainted');
      expect(lead(end)).toBeGreaterThan(1_000 * (graceSeconds - 1));
      for (const mend of mended.splice(0)) await mend();

      const request = aStep(cluster, {
        tenant: tenant.name,
        agent: { image: 'missing' },
        options: { interruptible: false },
      });
      await executor.client.submit(request);
      const pending = executor.client.watch(request.key);
      const waits = await pending.until('it waits on its node', (s) => s.waiting?.reason === 'ImageNotFound');
      await evict(cluster, (await getPods(cluster, waits))[0] as Pod);
      const lost = await pending.final();
      expect(lost.outcome).toMatchObject({ reason: 'Drained', mayHaveStarted: false });
    });
  });
}
