import { expect, test } from 'vitest';
import { DisruptionPolicy } from '../../../gen/glip/executor/v1/options_pb.js';
import { FailureCategory, type Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { refusal } from '../../support/client.ts';
import { isRunning, stateName } from '../../support/states.ts';
import { until } from '../../support/until.ts';
import { expectWholeChain, way } from './chain.ts';
import type { ContractPart } from './context.ts';
import { deleteJob, deletePod, evict, getPods, recordOn } from './objects.ts';

/** What others do to a step's objects. */
export const disruption: ContractPart = (context) => {
  test('somebody deletes the Job', async () => {
    const { client, other, cluster, running } = context();
    const { request, watch, step } = await running();
    const elsewhere = other.watch(request.key);
    await elsewhere.frame('its snapshot', ({ frame }) => frame.case === 'snapshot');
    await deleteJob(cluster, step);
    for (const stream of [watch, elsewhere]) {
      const end = await stream.final();
      expect(stateName(end)).toBe('FAILED');
      expect(end.outcome).toMatchObject({
        reason: 'JobDeleted',
        category: FailureCategory.DISRUPTION,
        mayHaveStarted: true,
      });
    }
    expectWholeChain(watch);
    await until(
      'the step is forgotten',
      async () => (await refusal(client.get(request.key))).reason === 'STEP_EXPIRED',
    );
  });

  test('somebody deletes the Job of a step that waits', async () => {
    const { client, cluster, step } = context();
    const request = step({ resources: { cpu: '8', memory: '8Gi' } });
    await client.submit(request);
    const watch = client.watch(request.key);
    const waiting = await watch.until('it waits', (s) => s.waiting?.reason === 'Unschedulable');
    await deleteJob(cluster, waiting);
    const end = await watch.final();
    expect(stateName(end)).toBe('FAILED');
    expect(end.outcome).toMatchObject({
      reason: 'JobDeleted',
      category: FailureCategory.DISRUPTION,
      mayHaveStarted: false,
    });
  });

  test('somebody deletes the pod', async () => {
    const { client, cluster, running } = context();
    const { request, watch, step } = await running();
    const [pod] = await getPods(cluster, step);
    await deletePod(cluster, pod!);
    const end = await watch.final();
    expectWholeChain(watch);
    expect(stateName(end)).toBe('FAILED');
    expect(way(end).slice(3)).toEqual(['RUNNING/RUNNING', 'TERMINATING/RUNNING', 'FINISHED/FAILED']);
    expect(end.outcome).toMatchObject({
      reason: 'PodDeleted',
      category: FailureCategory.DISRUPTION,
      exitCode: 143,
      mayHaveStarted: true,
    });
    expect(await recordOn(cluster, end)).toMatchObject({
      end: { state: 'FAILED', outcome: { reason: 'PodDeleted' } },
    });
    expect(await client.get(request.key)).toEqual(end);
  });

  test('a pod that is lost to a disruption is replaced, if the step says so', async ({ skip }) => {
    const { client, other, cluster, running } = context();
    if (!cluster.evicts) skip('this cluster has no eviction');
    const { request, watch, step } = await running({
      options: { disruptionPolicy: DisruptionPolicy.REPLACE },
    });
    const elsewhere = other.watch(request.key);
    await elsewhere.until('it runs there too', isRunning);
    await evict(cluster, (await getPods(cluster, step))[0]!);
    for (const stream of [watch, elsewhere]) {
      const again = await stream.until('its second life runs', (s) => s.incarnation === 1 && isRunning(s));
      expect(again.pod?.uid).not.toBe(step.pod?.uid);
      expect(way(again).slice(0, 4)).toEqual(way(step));
      expect(again.timeline.find((t) => t.incarnation === 1)).toMatchObject({ reason: 'Drained' });
    }
    // Who comes later is told the same story, though the first pod is gone.
    const late = await context().executor();
    const seen = await late.client.watch(request.key).until('it runs', isRunning);
    expect(seen.incarnation).toBe(1);
    const known = await client.get(request.key);
    expect(way(seen)).toEqual(way(known));
    // Until a step ends each replica keeps when it saw a thing itself; who comes later has it from the one that recorded the life.
    const first = (s: Step) =>
      s.timeline.flatMap(({ observeTime: _, ...t }) => (t.incarnation === 0 ? [t] : []));
    expect(first(seen)).toEqual(first(known));
    await client.cancel(request.key);
    for (const stream of [watch, elsewhere]) {
      const end = await stream.final();
      expect(stateName(end)).toBe('CANCELLED');
      expect(end.incarnation).toBe(1);
      expectWholeChain(stream);
    }
  });

  test('a node is drained', async ({ skip }) => {
    const { cluster, running } = context();
    if (!cluster.evicts) skip('this cluster has no eviction');
    const { watch, step } = await running();
    await evict(cluster, (await getPods(cluster, step))[0]!);
    const end = await watch.final();
    expect(stateName(end)).toBe('FAILED');
    expect(end.outcome).toMatchObject({
      reason: 'Drained',
      category: FailureCategory.DISRUPTION,
      mayHaveStarted: true,
    });
  });

  test('a finished step whose Job is deleted has expired, and may be submitted again', async () => {
    const { client, cluster, step } = context();
    const request = step();
    await client.submit(request);
    const end = await client.watch(request.key).final();
    await deleteJob(cluster, end);
    await until(
      'the step is forgotten',
      async () => (await refusal(client.get(request.key))).reason === 'STEP_EXPIRED',
    );
    const again = await client.submit(request);
    expect(again.created).toBe(true);
    expect(again.step?.job?.uid).not.toBe(end.job?.uid);
    expect(stateName(await client.watch(request.key).final())).toBe('SUCCEEDED');
  });
};
