import { expect, test } from 'vitest';
import type { SubmitStepResponse } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { refusal } from '../../support/client.ts';
import { stateName } from '../../support/states.ts';
import { must } from '../../support/tenants.ts';
import type { ContractPart } from './context.ts';
import { getJob, namesOf, wakeNode } from './objects.ts';
import { jobOf, orphanInputsOf } from './plan.ts';

const trace = (n: number) => ({
  observability: {
    traceContext: { traceparent: `00-${String(n).padStart(32, '0')}-00f067aa0ba902b7-01`, tracestate: '' },
  },
});

/** SubmitStep is idempotent: the key is the lock. */
export const submit: ContractPart = (context) => {
  test('the same key and spec again is the same step, also after its end and from another replica', async () => {
    const { client, other, step } = context();
    const request = step();
    const first = await client.submit(request);
    const again = await other.submit(request);
    const end = await client.watch(request.key).final();
    const late = await client.submit(request);
    const elsewhere = await other.submit(request);
    expect([first, again, late, elsewhere].map((r) => r.created)).toEqual([true, false, false, false]);
    for (const { step } of [again, late, elsewhere]) expect(step?.job).toEqual(first.step?.job);
    expect(late.step).toEqual(end);
    expect(elsewhere.step).toMatchObject({ state: end.state, outcome: end.outcome });
  });

  test('a retry from another trace is the same step', async () => {
    const { client, step } = context();
    const request = step({ spec: trace(1) });
    const { step: first } = await client.submit(request);
    const retry = step({ runId: request.key.runId, spec: trace(2) });
    expect(await client.submit(retry)).toMatchObject({ created: false, step: { job: first?.job } });
  });

  test('the same key with another spec is refused with both hashes', async () => {
    const { client, other, step } = context();
    const request = step();
    const { step: first } = await client.submit(request);
    for (const replica of [client, other]) {
      const another = step({ runId: request.key.runId, options: { env: { MODE: 'other' } } });
      const error = await refusal(replica.submit(another));
      expect(error).toMatchObject({ code: 'ALREADY_EXISTS', reason: 'STEP_SPEC_MISMATCH' });
      expect(error.metadata.existing_spec_hash).toBe(first?.specHash);
      expect(error.metadata.spec_hash).toMatch(/^[0-9a-f]{64}$/);
      expect(error.metadata.spec_hash).not.toBe(first?.specHash);
    }
    expect(stateName(await client.watch(request.key).final())).toBe('SUCCEEDED');
  });

  test('a hundred identical submits at once on two replicas make one Job and one ConfigMap', async () => {
    const { client, other, cluster, step, namespace } = context();
    // A node that is played does not wait for the ConfigMap: where the machine is busy it would start without.
    const request = step({ agent: { runMs: 500, silentNode: true } });
    const answers = await Promise.all(
      Array.from(
        { length: 100 },
        (_, i): Promise<SubmitStepResponse> => (i % 2 === 0 ? client : other).submit(request),
      ),
    );
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(answers.map(({ step }) => step?.job?.uid)).size).toBe(1);
    expect(await namesOf(cluster, 'jobs', namespace, request.key)).toHaveLength(1);
    expect(await namesOf(cluster, 'configmaps', namespace, request.key)).toHaveLength(1);
    await wakeNode(cluster, await client.get(request.key));
    expect(stateName(await client.watch(request.key).final())).toBe('SUCCEEDED');
  });

  test('a crash between the Job and the ConfigMap is completed by the retry', async () => {
    const { client, cluster, step, namespace } = context();
    // A node starts no container before its ConfigMap is there; one that is played must be told to wait.
    const request = step({ agent: { silentNode: true } });
    const job = await must(cluster, 'POST', `/apis/batch/v1/namespaces/${namespace}/jobs`, jobOf(request));
    expect(await namesOf(cluster, 'configmaps', namespace, request.key)).toEqual([]);

    const { created, step: accepted } = await client.submit(request);
    expect(created).toBe(false);
    expect(accepted?.job?.uid).toBe(job.metadata.uid);
    const [name] = await namesOf(cluster, 'configmaps', namespace, request.key);
    const configMap = await must(cluster, 'GET', `/api/v1/namespaces/${namespace}/configmaps/${name}`);
    expect(configMap).toMatchObject({
      immutable: true,
      metadata: { ownerReferences: [{ kind: 'Job', uid: job.metadata.uid }] },
    });
    await wakeNode(cluster, accepted!);
    expect(stateName(await client.watch(request.key).final())).toBe('SUCCEEDED');
  });

  test('a ConfigMap that an older Job has left behind is taken over', async () => {
    const { client, cluster, step, namespace } = context();
    const request = step();
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const left = await must(cluster, 'POST', path, orphanInputsOf(request));
    const { step: accepted } = await client.submit(request);
    const taken = await must(cluster, 'GET', `${path}/${left.metadata.name}`);
    expect(taken.metadata.uid).toBe(left.metadata.uid);
    expect(taken.metadata.ownerReferences).toMatchObject([{ uid: accepted?.job?.uid }]);
    expect(stateName(await client.watch(request.key).final())).toBe('SUCCEEDED');
  });

  test('a Job of the same name that is none of ours is left alone', async () => {
    const { client, cluster, step, namespace } = context();
    const request = step();
    const job = jobOf(request);
    const { annotations: _, labels: __, ...metadata } = job.metadata;
    const { uid } = (
      await must(cluster, 'POST', `/apis/batch/v1/namespaces/${namespace}/jobs`, {
        ...job,
        metadata,
        spec: { ...job.spec, suspend: true },
      })
    ).metadata;
    for (const call of [client.submit(request), client.cancel(request.key), client.get(request.key)].map(
      refusal,
    )) {
      expect(await call).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'NAME_TAKEN' });
    }
    const there = await must(cluster, 'GET', `/apis/batch/v1/namespaces/${namespace}/jobs/${metadata.name}`);
    expect(there.metadata).toMatchObject({ uid });
    expect(there.spec.activeDeadlineSeconds).toBe(job.spec.activeDeadlineSeconds);
  });

  test('another attempt waits for the end of the one before', async () => {
    const { client, other, running, step } = context();
    const { request, watch } = await running();
    const second = step({ runId: request.key.runId, attempt: 1 });
    for (const replica of [client, other]) {
      const error = await refusal(replica.submit(second));
      expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'ATTEMPT_STILL_RUNNING' });
      expect(error.metadata).toMatchObject({ attempt: '0' });
    }
    await client.cancel(request.key);
    await watch.final();
    const { created, step: next } = await client.submit(second);
    expect(created).toBe(true);
    expect(next?.job?.name).toMatch(/-a1-/);
    expect(stateName(await client.watch(second.key).final())).toBe('SUCCEEDED');
    expect(stateName(await client.get(request.key))).toBe('CANCELLED');
  });

  test('a tenant without a namespace is unknown', async () => {
    const { client, step } = context();
    const request = step({ tenant: 'nobody' });
    const calls = [
      client.submit(request),
      client.submit({ ...request, validateOnly: true }),
      client.cancel(request.key),
    ];
    for (const call of calls.map(refusal)) {
      const error = await call;
      expect(error).toMatchObject({ code: 'NOT_FOUND', reason: 'TENANT_UNKNOWN' });
      expect(error.message).toContain('glip-nobody');
    }
  });

  test('a step that nobody has submitted is unknown', async () => {
    const { client, other, step } = context();
    for (const { key } of [step(), step({ attempt: 7 }), step({ tenant: 'nobody' })]) {
      for (const replica of [client, other]) {
        expect(await refusal(replica.get(key))).toMatchObject({ code: 'NOT_FOUND', reason: 'STEP_UNKNOWN' });
        expect(await replica.watch(key).ended).toMatchObject({ code: 'NOT_FOUND', reason: 'STEP_UNKNOWN' });
      }
    }
  });

  test('what was submitted is known at once to who has submitted it, and soon to the other replica', async () => {
    const { client, other, step, cluster } = context();
    const request = step({ agent: { runMs: 200 } });
    const { step: accepted } = await client.submit(request);
    expect((await client.get(request.key)).job).toEqual(accepted?.job);
    // No wait in between: the other replica asks the API server for what it has not seen yet.
    expect((await other.get(request.key)).job).toEqual(accepted?.job);
    await other.watch(request.key).final();
    expect((await getJob(cluster, accepted!)).metadata.uid).toBe(accepted?.job?.uid);
  });
};
