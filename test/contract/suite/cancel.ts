import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { CancelStepRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { annotation } from '../../../src/job/metadata.ts';
import type { OnTerm } from '../../support/agent.ts';
import { refusal } from '../../support/client.ts';
import { stateName } from '../../support/states.ts';
import { aStep, seconds } from '../../support/step.ts';
import { createTenant, must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { expectWholeChain, way } from './chain.ts';
import type { ContractPart } from './context.ts';
import { deletePod, getJob, getPods, namesOf, recordOn, silenceNode } from './objects.ts';
import { postJob } from './waits.ts';

const ends: readonly { readonly onTerm: OnTerm; readonly state: string; readonly outcome: object }[] = [
  { onTerm: 'die', state: 'CANCELLED', outcome: { reason: 'Cancelled', exitCode: 143, signal: 15 } },
  {
    onTerm: 'partial',
    state: 'CANCELLED',
    outcome: { exitCode: 0, agentReportJson: '{"status":"partial"}' },
  },
  { onTerm: 'silent', state: 'CANCELLED', outcome: { exitCode: 0, agentReportJson: '' } },
  { onTerm: 'succeed', state: 'SUCCEEDED', outcome: { reason: 'Completed', exitCode: 0 } },
];

/** CancelStep: at once, honestly, and for good. */
export const cancel: ContractPart = (context) => {
  describe('a running step', () => {
    test.for(ends)('whose agent would $onTerm ends $state', async ({ onTerm, state, outcome }) => {
      const { client, cluster, running } = context();
      const { request, watch } = await running({ agent: { onTerm } });

      const told = await client.cancel(request.key, 'the run was given up');
      expect(['CANCELLING', state]).toContain(stateName(told));
      expect(told.cancellation).toMatchObject({
        reason: 'the run was given up',
        requestedBy: 'local',
        gracePeriod: seconds(30),
      });

      const end = await watch.final();
      expectWholeChain(watch);
      expect(way(end).slice(3)).toEqual(['RUNNING/RUNNING', 'TERMINATING/CANCELLING', `FINISHED/${state}`]);
      expect(end.outcome).toMatchObject({ ...outcome, mayHaveStarted: true });
      expect(end.cancellation).toMatchObject({
        reason: 'the run was given up',
        confirmed: state === 'CANCELLED',
      });
      expect(await recordOn(cluster, end)).toMatchObject({ end: { state } });
    });

    test('that ignores SIGTERM is killed after its grace, and is CANCELLED only then', async () => {
      const { client, cluster, running } = context();
      const { request, watch } = await running({
        agent: { onTerm: 'ignore' },
        options: { gracePeriod: seconds(1) },
      });
      await client.cancel(request.key);
      const end = await watch.final();
      expect(end.outcome).toMatchObject({ reason: 'Cancelled', exitCode: 137, signal: 9 });
      expect(stateName(end)).toBe('CANCELLED');
      const stillRunning = (await getPods(cluster, end)).filter(({ status }) =>
        status.containerStatuses?.some(({ state }) => 'running' in state),
      );
      expect(stillRunning).toEqual([]);
      const asked = Number(end.cancellation?.requestTime?.seconds);
      // The cluster's times are whole seconds, so a grace of one second may look like none, but never like less.
      expect(Number(end.outcome?.endTime?.seconds)).toBeGreaterThanOrEqual(asked);
    });
  });

  test('a step without a pod is cancelled without ever having had one', async () => {
    const { client, cluster } = context();
    const { name: tenant, namespace } = await createTenant(cluster, 'full');
    await must(cluster, 'POST', `/api/v1/namespaces/${namespace}/resourcequotas`, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'nothing' },
      spec: { hard: { pods: '0' } },
    });
    const request = aStep(cluster, { tenant });
    const { step } = await client.submit(request);
    expect(way(step!)).toEqual(['QUEUED/PENDING']);
    await client.cancel(request.key);
    const watch = client.watch(request.key);
    const end = await watch.final();
    expect(way(end)).toEqual(['QUEUED/PENDING', 'TERMINATING/CANCELLING', 'FINISHED/CANCELLED']);
    expect(end.outcome).toMatchObject({ mayHaveStarted: false });
    expect(end.outcome?.exitCode).toBeUndefined();
    expect(end.pod).toBeUndefined();
    expect(await getPods(cluster, end)).toEqual([]);
  });

  test('a step that fits no node is cancelled, and never started', async () => {
    const { client, step } = context();
    const request = step({ resources: { cpu: '8', memory: '8Gi' } });
    await client.submit(request);
    const watch = client.watch(request.key);
    await watch.until('it waits for a node', (s) => s.waiting?.reason === 'Unschedulable');
    await client.cancel(request.key);
    const end = await watch.final();
    expect(way(end).slice(-2)).toEqual(['TERMINATING/CANCELLING', 'FINISHED/CANCELLED']);
    expect(end.outcome).toMatchObject({ mayHaveStarted: false });
  });

  test('a step that is over stays as it ended', async () => {
    const { client, other, step } = context();
    const request = step();
    await client.submit(request);
    const end = await client.watch(request.key).final();
    for (const replica of [client, other]) {
      const after = await replica.cancel(request.key, 'too late');
      expect(after).toMatchObject({ state: StepState.SUCCEEDED, outcome: end.outcome });
      expect(after.cancellation).toBeUndefined();
    }
    expect(await client.get(request.key)).toEqual(end);
  });

  test('the reason of the first cancel stands', async () => {
    const { client, other, running } = context();
    const { request, watch } = await running({
      agent: { onTerm: 'ignore' },
      options: { gracePeriod: seconds(2) },
    });
    await client.cancel(request.key, 'first');
    expect((await other.cancel(request.key, 'second')).cancellation?.reason).toBe('first');
    expect((await client.cancel(request.key, 'third')).cancellation?.reason).toBe('first');
    const end = await watch.final();
    expect(end.cancellation?.reason).toBe('first');
    expect(end.timeline.filter(({ state }) => state === StepState.CANCELLING)).toHaveLength(1);
  });

  test('a step that was never submitted is marked, and a late submit of it does not start it', async () => {
    const { client, other, cluster, step, namespace } = context();
    const request = step();
    const marked = await client.cancel(request.key, 'the run is over');
    expect(marked.cancellation?.reason).toBe('the run is over');
    expect(marked.specHash).toBe('');

    const late = await other.submit(request);
    expect(late.created).toBe(false);
    expect(['CANCELLING', 'CANCELLED']).toContain(stateName(late.step!));

    for (const replica of [client, other]) {
      const end = await replica.watch(request.key).final();
      expect(stateName(end)).toBe('CANCELLED');
      expect(end.outcome).toMatchObject({ mayHaveStarted: false, reason: 'Cancelled' });
      expect(end.cancellation).toMatchObject({ reason: 'the run is over', confirmed: true });
    }
    const again = await client.submit(request);
    expect(again).toMatchObject({ created: false, step: { state: StepState.CANCELLED } });
    expect(await getPods(cluster, marked)).toEqual([]);
    expect(await namesOf(cluster, 'configmaps', namespace, request.key)).toEqual([]);
    const job = await getJob(cluster, marked);
    expect(job.status.failed ?? 0).toBe(0);
  });

  test.for([
    ['the key', { [annotation.key]: null }],
    ['the stop', { [annotation.stop]: 'by hand' }],
  ] as const)('a step of which somebody has edited %s is cancelled all the same', async ([, annotations]) => {
    const { client, cluster, running } = context();
    const { request, watch, step } = await running();
    const path = `/apis/batch/v1/namespaces/${step.job?.namespace}/jobs/${step.job?.name}`;
    await must(cluster, 'PATCH', path, { metadata: { annotations } }, 'application/merge-patch+json');
    await client.cancel(request.key);
    expect(stateName(await watch.final())).toBe('CANCELLED');
  });

  test('a step whose Job was taken away from its pod is not called CANCELLED while that runs', async () => {
    const { client, cluster, running } = context();
    const { request, watch, step } = await running();
    const path = `/apis/batch/v1/namespaces/${step.job?.namespace}/jobs/${step.job?.name}`;
    await must(cluster, 'DELETE', path, { propagationPolicy: 'Orphan' });
    await until('the Job is gone', async () => (await cluster.request('GET', path)).status === 404);
    const error = await refusal(client.cancel(request.key));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', reason: 'KUBERNETES_CONFLICT' });
    expect(error.retryAfterMs).toBeGreaterThan(0);
    // Nor is a second agent started beside it.
    const again = await refusal(client.submit(request));
    expect(again).toMatchObject({ code: 'UNAVAILABLE', reason: 'KUBERNETES_CONFLICT' });
    const { pod } = step;
    await must(cluster, 'DELETE', `/api/v1/namespaces/${pod?.namespace}/pods/${pod?.name}`, {});
    expect(stateName(await watch.final())).toBe('FAILED');
  });

  test('the next attempt of a cancelled step is free', async () => {
    const { client, step } = context();
    const request = step();
    await client.cancel(request.key);
    await client.watch(request.key).final();
    const next = step({ runId: request.key.runId, attempt: 1 });
    expect((await client.submit(next)).created).toBe(true);
    expect(stateName(await client.watch(next.key).final())).toBe('SUCCEEDED');
  });

  describe('a whole run', () => {
    const cancelRun = (run: { tenant: string; runId: string }, reason = '') => {
      const target = { case: 'run' as const, value: run };
      return context().client.rpc.calls.cancelStep(create(CancelStepRequestSchema, { target, reason }));
    };

    test('is cancelled in one call: all its steps, also those of another replica, and no others', async () => {
      const { client, other, running, step, tenant } = context();
      const long = 'r'.repeat(70);
      const runId = `${long}-1`;
      const over = step({ runId, stepId: 'over' });
      await client.submit(over);
      expect(stateName(await client.watch(over.key).final())).toBe('SUCCEEDED');
      const first = await running({ runId, stepId: 'first' });
      // As labels, the two runs are alike in all but a hash at most.
      const stranger = await running({ runId: `${long}-2`, stepId: 'first' });
      const second = step({ runId, stepId: 'second', agent: { hang: true } });
      await other.submit(second);

      const { steps, totalSize } = await cancelRun({ tenant, runId }, 'the run was given up');
      expect(totalSize).toBe(3);
      expect(steps.map(({ key }) => key?.stepId).toSorted()).toEqual(['first', 'over', 'second']);
      expect(steps.at(-1)).toMatchObject({ key: { stepId: 'over' }, state: StepState.SUCCEEDED });

      for (const end of [await first.watch.final(), await client.watch(second.key).final()]) {
        expect(stateName(end)).toBe('CANCELLED');
        expect(end.cancellation).toMatchObject({ reason: 'the run was given up', requestedBy: 'local' });
      }
      expect(stateName(await client.get(stranger.request.key))).toBe('RUNNING');
      await client.cancel(stranger.request.key);

      const again = await cancelRun({ tenant, runId }, 'once more');
      expect(again.steps.map(stateName).toSorted()).toEqual(['CANCELLED', 'CANCELLED', 'SUCCEEDED']);
      expect(again.steps.map(({ cancellation }) => cancellation?.reason)).not.toContain('once more');
    });

    test('of which nothing is known has no steps', async () => {
      const answer = await cancelRun({ tenant: context().tenant, runId: 'nobody-knows' });
      expect(answer).toMatchObject({ steps: [], totalSize: 0 });
    });

    test('whose name is wrong is refused with all that is wrong', async () => {
      const error = await refusal(cancelRun({ tenant: 'No', runId: '' }));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
      expect(error.violations.map(({ field }) => field).toSorted()).toEqual(['run.run_id', 'run.tenant']);
    });
  });

  test('a grace period that is none is refused with all else that is wrong', async () => {
    const { client, tenant } = context();
    const { calls } = client.rpc;
    const target = { case: 'run' as const, value: { tenant, runId: '' } };
    for (const [wrong, said] of [
      [seconds(1.5), /whole seconds/],
      [seconds(-1), /from 0 s to 3600 s/],
      [seconds(3_601), /from 0 s to 3600 s/],
    ] as const) {
      const request = create(CancelStepRequestSchema, { target, gracePeriod: wrong });
      const error = await refusal(calls.cancelStep(request));
      expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
      expect(error.violations).toMatchObject([
        { field: 'grace_period', description: expect.stringMatching(said) },
        { field: 'run.run_id', description: 'is required' },
      ]);
    }
  });

  describe("a grace period that is shorter than the step's own", () => {
    const patient = { agent: { onTerm: 'ignore' as const }, options: { gracePeriod: seconds(3_600) } };

    test('is the one that the agent gets', async () => {
      const { client, running } = context();
      const { request, watch } = await running(patient);
      const told = await client.cancel(request.key, '', { gracePeriod: seconds(1) });
      expect(told.cancellation).toMatchObject({ gracePeriod: seconds(1), force: false });
      const end = await watch.final();
      expect(stateName(end)).toBe('CANCELLED');
      expect(end.outcome).toMatchObject({ reason: 'Cancelled', exitCode: 137, signal: 9 });
    });

    // A kubelet that has begun to count one does not hear of another (docs/adr/0010-cancel.md).
    test('is told of a cancel that is under way; reason and caller stay those of the first', async () => {
      const { client, other, running } = context();
      const { request, watch } = await running({ ...patient, options: { gracePeriod: seconds(6) } });
      await client.cancel(request.key, 'first');
      await watch.until('it is told to stop', (s) => s.state === StepState.CANCELLING);
      const told = await other.cancel(request.key, 'second', { gracePeriod: seconds(0) });
      expect(told.cancellation).toMatchObject({ reason: 'first', gracePeriod: seconds(1) });
      const end = await watch.final();
      expect(stateName(end)).toBe('CANCELLED');
      expect(end.outcome).toMatchObject({ exitCode: 137 });
      expect(end.cancellation).toMatchObject({ reason: 'first', gracePeriod: seconds(1), confirmed: true });
    });

    test('is no matter for an agent that goes when it is told', async () => {
      const { client, running } = context();
      const { request, watch } = await running({ agent: { onTerm: 'partial' } });
      await client.cancel(request.key, '', { gracePeriod: seconds(20) });
      const end = await watch.final();
      expect(stateName(end)).toBe('CANCELLED');
      expect(end.outcome).toMatchObject({ exitCode: 0, agentReportJson: '{"status":"partial"}' });
    });
  });

  test("a longer one than the step's own, or than what was asked for, changes nothing", async () => {
    const { client, running } = context();
    const { request, watch } = await running({
      agent: { onTerm: 'ignore' },
      options: { gracePeriod: seconds(2) },
    });
    const first = await client.cancel(request.key, '', { gracePeriod: seconds(3_600) });
    expect(first.cancellation).toMatchObject({ gracePeriod: seconds(2) });
    await client.cancel(request.key, '', { gracePeriod: seconds(3_000) });
    const end = await watch.final();
    expect(end.cancellation).toMatchObject({ gracePeriod: seconds(2), confirmed: true });
  });

  test('force is not needed where the node answers: the step is CANCELLED, with proof', async () => {
    const { client, running } = context();
    const cancelled = async () => {
      const { request, watch } = await running({ agent: { onTerm: 'ignore' } });
      await client.cancel(request.key, '', { gracePeriod: seconds(1), force: true });
      return watch.final();
    };
    let end = await cancelled();
    // A real node beside a whole suite may need more than the 5 s that it is given. Then the step must say so, and another is asked for.
    for (let i = 0; i < 3 && stateName(end) !== 'CANCELLED'; i++) {
      expect(stateName(end)).toBe('FAILED');
      expect(end.outcome).toMatchObject({ reason: 'EndUnconfirmed' });
      expect(end.cancellation).toMatchObject({ force: true, confirmed: false });
      end = await cancelled();
    }
    expect(stateName(end)).toBe('CANCELLED');
    expect(end.outcome).toMatchObject({ exitCode: 137, signal: 9 });
    expect(end.cancellation).toMatchObject({ force: true, confirmed: true });
  });

  test('force ends the stream of a step whose node is silent, and says that nothing is proven', async ({
    skip,
  }) => {
    const { client, other, cluster, running } = context();
    if (!cluster.playsNodes) skip('this cluster has no nodes that fall silent');
    const { request, watch, step: before } = await running();
    const [pod] = await getPods(cluster, before);
    await silenceNode(cluster, pod!);
    await client.cancel(request.key, 'first', { gracePeriod: seconds(1) });
    await until('the grace is over', async () => {
      const [now] = await getPods(cluster, before);
      const { deletionTimestamp } = now?.metadata ?? {};
      return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < Date.now();
    });
    expect(stateName(await client.get(request.key))).toBe('CANCELLING');
    const told = await other.cancel(request.key, 'second', { force: true });
    expect(told.cancellation).toMatchObject({ reason: 'first', force: true, gracePeriod: seconds(1) });
    const end = await watch.final();
    expect(stateName(end)).toBe('FAILED');
    expect(end.outcome).toMatchObject({ reason: 'EndUnconfirmed', mayHaveStarted: true });
    expect(end.outcome?.message).toMatch(/without the word of its node, as was asked for/);
    expect(end.cancellation).toMatchObject({ force: true, confirmed: false });
  });

  test('a step whose Job somebody has suspended is cancelled, and its pod never starts', async () => {
    const { client, cluster, step } = context();
    const request = step();
    await postJob(cluster, request, () => undefined, { suspend: true });
    const watch = client.watch(request.key);
    await watch.until('it waits', (s) => s.waiting?.reason === 'Suspended');
    await client.cancel(request.key);
    const end = await watch.final();
    expect(stateName(end)).toBe('CANCELLED');
    expect(end.outcome).toMatchObject({ mayHaveStarted: false });
  });

  test('a step whose image cannot be had is cancelled, and never started', async () => {
    const { client, step } = context();
    const request = step({ agent: { image: 'missing' } });
    await client.submit(request);
    const watch = client.watch(request.key);
    await watch.until('it waits for its image', (s) => s.waiting?.reason === 'ImageNotFound');
    await client.cancel(request.key);
    const end = await watch.final();
    expect(stateName(end)).toBe('CANCELLED');
    expect(end.outcome).toMatchObject({ mayHaveStarted: false });
  });

  test('a step on a node that has fallen silent stays CANCELLING; a forced end is not called CANCELLED', async ({
    skip,
  }) => {
    const { client, cluster, running } = context();
    if (!cluster.playsNodes) skip('this cluster has no nodes that fall silent');
    const { request, watch, step: before } = await running();
    const [pod] = await getPods(cluster, before);
    await silenceNode(cluster, pod!);
    await client.cancel(request.key);
    const told = await until('the pod is told to stop', async () => {
      const [now] = await getPods(cluster, before);
      return now?.metadata.deletionTimestamp !== undefined && now;
    });
    expect(stateName(await client.get(request.key))).toBe('CANCELLING');

    await deletePod(cluster, told, 0);
    const end = await watch.final();
    expect(stateName(end)).toBe('FAILED');
    expect(end.outcome).toMatchObject({ reason: 'EndUnconfirmed', mayHaveStarted: true });
    expect(end.cancellation?.confirmed).toBe(false);
  });
};
