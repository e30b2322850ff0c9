import { describe, expect, test } from 'vitest';
import { DisruptionPolicy, StartGuarantee } from '../../../gen/glip/executor/v1/options_pb.js';
import { MomentKind, type Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { annotation, startGate } from '../../../src/job/metadata.ts';
import { refusal } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { stateName } from '../../support/states.ts';
import { type StepWish, seconds } from '../../support/step.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { expectWholeChain } from './chain.ts';
import type { ContractPart } from './context.ts';
import { deletePod, getJob, getPods, type Pod, recordOn } from './objects.ts';
import { postJob, waitsFor } from './waits.ts';

const once = { startGuarantee: StartGuarantee.AT_MOST_ONCE };
const others = 'example.com/budget';

const podPath = ({ metadata: { namespace, name } }: Pod) => `/api/v1/namespaces/${namespace}/pods/${name}`;

/** Takes the pod from its Job, which then knows nothing of it and makes another one. */
const takeFromJob = (cluster: TestCluster, pod: Pod) =>
  must(cluster, 'PATCH', podPath(pod), { metadata: { finalizers: null } });

const chosenOn = async (cluster: TestCluster, step: Step) =>
  (await getJob(cluster, step)).metadata.annotations[annotation.chosenPod];

const gatesOf = (pod: Pod) =>
  ((pod as { spec?: { schedulingGates?: { name: string }[] } }).spec?.schedulingGates ?? []).map(
    (g) => g.name,
  );

const moment = (step: Step, kind: MomentKind) => step.moments.find((m) => m.kind === kind);

/** START_GUARANTEE_AT_MOST_ONCE: one pod is chosen, and no other ever starts. */
export const atMostOnce: ContractPart = (context) => {
  test('a step that starts at most once waits behind its gate until its pod is chosen, and runs as any other', async () => {
    const { client, other, cluster, step } = context();
    const request = step({ options: once });
    const accepted = await client.submitted(request);
    const job = await getJob(cluster, accepted);
    expect(job.spec.template.spec.schedulingGates).toEqual([{ name: startGate }]);
    const [watch, elsewhere] = [client.watch(request.key), other.watch(request.key)];
    const end = await watch.final();
    expect(stateName(end)).toBe('SUCCEEDED');
    expectWholeChain(watch);
    expect(await chosenOn(cluster, end)).toBe(end.pod?.uid);
    const [gated, opened] = [moment(end, MomentKind.GATED), moment(end, MomentKind.UNGATED)];
    expect(Number(opened?.observeTime?.seconds)).toBeGreaterThanOrEqual(Number(gated?.time?.seconds));
    expect(await elsewhere.final()).toEqual(end);
  });

  test('it is not to be had together with pods that are replaced; all that is wrong is told', async () => {
    const { client, step } = context();
    const options = { ...once, disruptionPolicy: DisruptionPolicy.REPLACE, gracePeriod: seconds(9_999) };
    const { reason, violations } = await refusal(client.submit(step({ options })));
    expect(reason).toBe('INVALID_REQUEST');
    expect(violations.map((v) => v.field)).toEqual(['options.grace_period', 'options.disruption_policy']);
  });

  test('it is the default of a cluster, or of a tenant; what a step says itself goes before', async () => {
    const { executor, step, tenant } = context();
    const gates = async (config: object, options: object) => {
      const { client } = await executor(config as Record<string, unknown>);
      const { jobJson } = await client.submit(step({ options, validateOnly: true }));
      return JSON.parse(jobJson).spec.template.spec.schedulingGates;
    };
    const ours = [{ name: startGate }];
    const byCluster = { startGuarantee: 'at-most-once' };
    expect(await gates(byCluster, {})).toEqual(ours);
    expect(await gates(byCluster, { startGuarantee: StartGuarantee.AT_LEAST_ONCE })).toBeUndefined();
    const byTenant = { tenantDefaults: { [tenant]: { startGuarantee: 'at-least-once' } } };
    expect(await gates({ ...byCluster, ...byTenant }, {})).toBeUndefined();
  });

  describe('when somebody takes the chosen pod from its Job', () => {
    test('and lets it run, the step is what that pod is, and the other one never starts', async () => {
      const { client, cluster, running } = context();
      const { request, watch, step } = await running({ options: once });
      const [pod] = await getPods(cluster, step);
      await takeFromJob(cluster, pod!);
      await deletePod(cluster, pod!);
      const end = await watch.final();
      expect(stateName(end)).toBe('FAILED');
      expect(end.outcome).toMatchObject({ reason: 'PodDeleted', exitCode: 143, mayHaveStarted: true });
      expect(end.pod?.uid).toBe(pod!.metadata.uid);
      await until('no gated pod lingers', async () => (await getPods(cluster, end)).length === 0);
      expect(await client.get(request.key)).toMatchObject({ pod: { uid: pod!.metadata.uid } });
      expect(await recordOn(cluster, end)).toMatchObject({ end: { outcome: { reason: 'PodDeleted' } } });
    });

    test('and makes it vanish, the step has failed, and its process may still run', async () => {
      const { cluster, running } = context();
      const { watch, step } = await running({ options: once });
      const [pod] = await getPods(cluster, step);
      await takeFromJob(cluster, pod!);
      await deletePod(cluster, pod!, 0);
      const end = await watch.final();
      expect(stateName(end)).toBe('FAILED');
      expect(end.outcome).toMatchObject({ reason: 'EndUnconfirmed', mayHaveStarted: true });
      await until('no gated pod lingers', async () => (await getPods(cluster, end)).length === 0);
    });
  });

  describe('behind the gate of another', () => {
    /** A step whose pod has a second gate, which is not ours to take. */
    const held = async (options: NonNullable<StepWish['options']> = {}) => {
      const { client, cluster, step } = context();
      const request = step({ options: { ...once, ...options } });
      await postJob(cluster, request, (spec) => {
        spec.schedulingGates = [{ name: others }, ...(spec.schedulingGates ?? [])];
      });
      await client.submit(request);
      return { request, watch: client.watch(request.key) };
    };
    const opened = ({ request }: Awaited<ReturnType<typeof held>>) =>
      until('only the other gate is left', async () => {
        const { client, cluster } = context();
        const [seen] = await getPods(cluster, await client.get(request.key));
        return seen !== undefined && gatesOf(seen).join() === others && seen;
      });

    test('that gate stays, and the step says what it waits for', async () => {
      const { cluster } = context();
      const step = await held();
      const { watch } = step;
      const pod = await opened(step);
      const { message } = (await waitsFor(watch, 'Gated')).waiting;
      expect(message).toContain('gate');
      await must(cluster, 'PATCH', podPath(pod), { spec: { schedulingGates: null } });
      expect(stateName(await watch.final())).toBe('SUCCEEDED');
    });

    test('a cancel finds the pod, and nothing has started', async () => {
      const { client } = context();
      const step = await held();
      await opened(step);
      const { request, watch } = step;
      await client.cancel(request.key);
      expect((await watch.final()).outcome).toMatchObject({ reason: 'Cancelled', mayHaveStarted: false });
    });

    test('its queue time finds it, too', async () => {
      const { watch } = await held({ timeouts: { queue: seconds(1) } });
      expect((await watch.final()).outcome).toMatchObject({ reason: 'QueueTimeout', mayHaveStarted: false });
    });
  });
};
