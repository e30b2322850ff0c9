import { describe, expect, test } from 'vitest';
import type { OnTerm } from '../support/agent.ts';
import { bareProbeImage } from '../support/node/images/catalogue.ts';
import { seconds } from '../support/step.ts';
import { must } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { ending, type Family } from './context.ts';
import { podOf } from './objects.ts';

const cancelled = {
  state: 'CANCELLED',
  category: 'UNSPECIFIED',
  reason: 'Cancelled',
  retry: 'UNSPECIFIED',
  mayHaveStarted: true,
};

const ends: readonly (readonly [OnTerm, object, string])[] = [
  ['die', { ...cancelled, exitCode: 143, signal: 15 }, ''],
  ['partial', { ...cancelled, exitCode: 0 }, '{"status":"partial"}'],
  ['silent', { ...cancelled, exitCode: 0 }, ''],
  ['succeed', { ...cancelled, state: 'SUCCEEDED', reason: 'Completed', exitCode: 0 }, '{"status":"success"}'],
  ['ignore', { ...cancelled, exitCode: 137, signal: 9 }, ''],
];

/** A step that is cancelled while its container runs. */
export const stops: Family = (context) => {
  describe('an agent that is told to stop', () => {
    test.for(ends)('and would %s', async ([onTerm, expected, report]) => {
      const { client, running, record } = context();
      const { request, watch } = await running({ agent: { onTerm }, options: { gracePeriod: seconds(2) } });
      await client.cancel(request.key);
      const end = await watch.final();
      if (onTerm !== 'silent') record(`cancelled-${onTerm}`, end);
      expect(ending(end)).toEqual(expected);
      expect(end.outcome?.agentReportJson).toBe(report);
    });
  });

  test('an agent that is process 1 without a handler is killed after its grace', async () => {
    const { client, running } = context();
    const { request, watch } = await running({
      spec: {
        agent: { name: 'TEST.PROBE', version: '1.0.0', image: bareProbeImage },
        params: { run_ms: 3_600_000, on_sigterm: 'ignore' },
      },
      options: { gracePeriod: seconds(1) },
    });
    await client.cancel(request.key);
    expect(ending(await watch.final())).toEqual({ ...cancelled, exitCode: 137, signal: 9 });
  });

  test('CANCELLED is told when no process of the container is left, and not before', async () => {
    const { client, cluster, running } = context();
    const { request, watch, step } = await running({
      agent: { onTerm: 'ignore' },
      options: { gracePeriod: seconds(3) },
    });
    const pod = await podOf(cluster, step);
    const containers = (): readonly number[] => cluster.node.processesOf(pod, 'agent');
    expect(containers().length).toBeGreaterThan(0);
    await client.cancel(request.key);
    // The kubelet counts the grace; while it does, the step is CANCELLING and its processes are there.
    await until('the pod is told to stop', async () => {
      const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
      return (await must(cluster, 'GET', path)).metadata.deletionTimestamp !== undefined;
    });
    expect(ending(await client.get(request.key))).toMatchObject({ state: 'CANCELLING' });
    expect(containers().length).toBeGreaterThan(0);
    const left = watch.until('it is CANCELLED', (s) => s.outcome !== undefined).then(containers);
    expect(await left).toEqual([]);
    expect(ending(await watch.final())).toEqual({ ...cancelled, exitCode: 137, signal: 9 });
  });
};
