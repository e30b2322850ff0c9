import { expect, test } from 'vitest';
import type { OnTerm } from '../support/agent.ts';
import { seconds } from '../support/step.ts';
import { ending, type Family } from './context.ts';
import { deleteJob, deletePod, evictPod, podOf } from './objects.ts';

const killed = { state: 'FAILED', category: 'DISRUPTION', retry: 'SAME', mayHaveStarted: true };
const bySigterm = { exitCode: 143, signal: 15 };

const evictions: readonly (readonly [OnTerm, object])[] = [
  ['die', { ...killed, reason: 'Drained', ...bySigterm }],
  ['partial', { ...killed, reason: 'Drained', exitCode: 0 }],
  [
    'succeed',
    {
      state: 'SUCCEEDED',
      category: 'UNSPECIFIED',
      reason: 'Completed',
      exitCode: 0,
      retry: 'UNSPECIFIED',
      mayHaveStarted: true,
    },
  ],
];

/** What others do to a step whose container runs. */
export const removals: Family = (context) => {
  test.for(evictions)('its node is drained, and its agent would %s', async ([onTerm, expected]) => {
    const { cluster, running, record } = context();
    const { watch, step } = await running({ agent: { onTerm } });
    await evictPod(cluster, await podOf(cluster, step));
    const end = await watch.final();
    record(`evicted-${onTerm}`, end);
    expect(ending(end)).toEqual(expected);
  });

  test('somebody deletes its pod', async () => {
    const { cluster, running } = context();
    const { watch, step } = await running();
    await deletePod(cluster, await podOf(cluster, step));
    expect(ending(await watch.final())).toEqual({ ...killed, reason: 'PodDeleted', ...bySigterm });
  });

  test('somebody deletes its pod by force: its end is told by the node all the same', async () => {
    const { cluster, running } = context();
    const { watch, step } = await running({ agent: { onTerm: 'ignore' } });
    const pod = await podOf(cluster, step);
    await deletePod(cluster, pod, { gracePeriodSeconds: 0 });
    const end = await watch.until('its end', (s) => s.outcome !== undefined);
    expect(cluster.node.processesOf(pod, 'agent')).toEqual([]);
    expect(ending(end)).toEqual({ ...killed, reason: 'PodDeleted', exitCode: 137, signal: 9 });
  });

  test('somebody deletes its Job', async () => {
    const { cluster, running } = context();
    const { watch, step } = await running({
      agent: { onTerm: 'ignore' },
      options: { gracePeriod: seconds(2) },
    });
    const pod = await podOf(cluster, step);
    await deleteJob(cluster, step);
    const end = await watch.until('its end', (s) => s.outcome !== undefined);
    expect(cluster.node.processesOf(pod, 'agent')).toEqual([]);
    expect(ending(end)).toEqual({ ...killed, reason: 'JobDeleted', exitCode: 137, signal: 9 });
  });
};
