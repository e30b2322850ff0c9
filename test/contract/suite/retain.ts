import { describe, expect, test } from 'vitest';
import { StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { annotation, retainFinalizer } from '../../../src/job/metadata.ts';
import { refusal } from '../../support/client.ts';
import { isFinal, stateName } from '../../support/states.ts';
import { seconds } from '../../support/step.ts';
import { until } from '../../support/until.ts';
import type { ContractPart } from './context.ts';
import { deleteJob, getJob, getPods, patchJob } from './objects.ts';

const retained = { options: { retainUntilAcknowledged: seconds(3_600) } };

/** retain_until_acknowledged, and AckStep. */
export const retain: ContractPart = (context) => {
  const isGone = (job: { namespace: string; name: string }) => async () =>
    (await context().cluster.request('GET', `/apis/batch/v1/namespaces/${job.namespace}/jobs/${job.name}`))
      .status === 404;

  test('a record is held beyond the deletion of its Job, until it is acknowledged on any replica', async () => {
    const { client, other, cluster, step } = context();
    const request = step(retained);
    await client.submit(request);
    const end = await client.watch(request.key).final();
    const job = await getJob(cluster, end);
    expect(job.metadata.finalizers).toContain(retainFinalizer);
    expect(job.metadata.annotations[annotation.retain]).toBe('3600');
    await deleteJob(cluster, end);
    await until('its deletion', async () => (await getJob(cluster, end)).metadata.deletionTimestamp);
    expect(await client.get(request.key)).toMatchObject({ state: end.state, outcome: end.outcome });
    // A submit that comes again finds what has run, and does not run it again.
    expect((await client.submit(request)).created).toBe(false);

    const watch = client.watchSteps({ runId: request.key.runId });
    await watch.synced();
    await other.ack(request.key);
    await until('the Job is gone', isGone(end.job!));
    await watch.when('it is forgotten', () => watch.story(request.key).at(-1) === 'forgotten');
    watch.close();
    await until('it is known to be gone', async () => {
      const { reason } = await refusal(client.ack(request.key));
      return reason === 'STEP_EXPIRED' || reason === 'STEP_UNKNOWN';
    });
  });

  test('an acknowledgement may be repeated, and leaves a record to its ttl_after_finished', async () => {
    const { client, other, cluster, step } = context();
    const [held, plain] = [step(retained), step()];
    for (const request of [held, plain]) {
      await client.submit(request);
      const end = await client.watch(request.key).final();
      for (const replica of [client, other, client]) await replica.ack(request.key);
      expect((await getJob(cluster, end)).metadata.finalizers ?? []).not.toContain(retainFinalizer);
      expect((await client.get(request.key)).state).toBe(end.state);
    }
  });

  test('a step that is not over cannot be acknowledged, nor one that never was', async () => {
    const { client, running, step } = context();
    const { request, watch } = await running(retained);
    expect(await refusal(client.ack(request.key))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'STEP_NOT_FINISHED',
    });
    await client.cancel(request.key);
    await watch.final();
    await client.ack(request.key);
    expect(await refusal(client.ack(step().key))).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'STEP_UNKNOWN',
    });
    expect(await refusal(client.ack({ tenant: '' }))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('its bound lets it go when nobody acknowledges', async () => {
    const { client, cluster, step } = context();
    const request = step({ options: { retainUntilAcknowledged: seconds(1) } });
    await client.submit(request);
    const end = await client.watch(request.key).final();
    await until('it is let go', async () => (await getJob(cluster, end)).metadata.finalizers === undefined);
    expect((await client.get(request.key)).state).toBe(end.state);
  });

  test('a bound that had passed long ago lets it go at once', async () => {
    const { cluster, client, step } = context();
    const request = step();
    await client.submit(request);
    const end = await client.watch(request.key).final();
    // As if it had been asked for, and had ended long ago: the replicas here arm their timers by the annotation as it is now.
    await patchJob(cluster, end, {
      metadata: { annotations: { [annotation.retain]: '1' }, finalizers: [retainFinalizer] },
    });
    await until('it is let go', async () => (await getJob(cluster, end)).metadata.finalizers === undefined);
  });

  describe('a held Job that somebody deletes', () => {
    test('while its step runs: the pod is stopped, the end recorded and kept', async () => {
      const { client, other, cluster, running } = context();
      const { request, watch, step } = await running(retained);
      await deleteJob(cluster, step);
      const end = await watch.final();
      expect(stateName(end)).toBe('FAILED');
      expect(end.outcome).toMatchObject({ reason: 'JobDeleted', mayHaveStarted: true });
      expect((await getPods(cluster, end)).filter((pod) => pod.status.phase === 'Running')).toEqual([]);
      const there = await other.watch(request.key).final();
      expect(there.outcome).toEqual(end.outcome);
      await client.ack(request.key);
      await until('the Job is gone', isGone(end.job!));
    });

    test('while it waits: it ends, and is kept', async () => {
      const { client, cluster, step } = context();
      const request = step({ ...retained, resources: { cpu: '8', memory: '8Gi' } });
      await client.submit(request);
      const watch = client.watch(request.key);
      const waiting = await watch.until('it waits', (s) => s.waiting !== undefined);
      await deleteJob(cluster, waiting);
      const end = await watch.final();
      expect(end.state).toBe(StepState.FAILED);
      expect(isFinal(await client.get(request.key))).toBe(true);
      await client.ack(request.key);
      await until('the Job is gone', isGone(end.job!));
    });
  });
};
