import { expect, test } from 'vitest';
import { until as untilWithin } from '../support/control-plane/until.ts';
import { seconds } from '../support/step.ts';
import { must } from '../support/tenants.ts';
import { until } from '../support/until.ts';
import { ending, type Family } from './context.ts';
import { deletePod, type Pod, patchNode, podOf } from './objects.ts';

const unconfirmed = {
  state: 'FAILED',
  category: 'PLATFORM',
  reason: 'EndUnconfirmed',
  retry: 'LATER',
  mayHaveStarted: true,
};

/** What becomes of running steps when their node does: one after the other, since there is one node. */
export const outages: Family = (context) => {
  test('the kubelet is down while the agent ends: its end is told when the kubelet is back', async () => {
    const { cluster, running } = context();
    const { node } = cluster;
    const { watch, step } = await running({ agent: { hang: false, runMs: 4_000, exitCode: 3 } });
    const pod = await podOf(cluster, step);
    await node.stopKubelet();
    await until('the agent has ended', () => node.processesOf(pod, 'agent').length === 0);
    expect(watch.step?.outcome).toBeUndefined();
    await node.startKubelet();
    expect(ending(await watch.final())).toMatchObject({
      state: 'FAILED',
      reason: 'ChecksumMismatch',
      exitCode: 3,
    });
    await node.ready();
  });

  test('containerd is restarted under a running agent, which does not notice', async () => {
    const { cluster, client, running } = context();
    const { node } = cluster;
    const { request, watch, step } = await running({ agent: { onTerm: 'partial' } });
    const before = node.processesOf(await podOf(cluster, step), 'agent');
    await node.stopContainerd();
    await node.startContainerd();
    expect(node.processesOf(await podOf(cluster, step), 'agent')).toEqual(before);
    await client.cancel(request.key);
    expect(ending(await watch.final())).toMatchObject({ state: 'CANCELLED', exitCode: 0 });
  });

  test('its node is tainted', async () => {
    const { cluster, running } = context();
    const { watch } = await running();
    await patchNode(cluster, cluster.node.name, {
      taints: [{ key: 'example.org/maintenance', effect: 'NoExecute' }],
    });
    const end = ending(await watch.final());
    await patchNode(cluster, cluster.node.name, { taints: null });
    await cluster.node.ready();
    expect(end).toEqual({
      state: 'FAILED',
      category: 'DISRUPTION',
      reason: 'NodeTainted',
      exitCode: 143,
      signal: 15,
      retry: 'SAME',
      mayHaveStarted: true,
    });
  });

  test('its node is gone', { timeout: 240_000 }, async () => {
    const { cluster, client, running, record } = context();
    const { node } = cluster;
    const grace = { options: { gracePeriod: seconds(1) } };
    const [forced, left] = await Promise.all([running(grace), running(grace)]);
    const [forcedPod, leftPod] = await Promise.all([forced, left].map(({ step }) => podOf(cluster, step)));
    const alive = (pod: Pod | undefined): boolean => node.processesOf(pod!, 'agent').length > 0;
    await node.stopKubelet();
    await until('the node is missed', async () => {
      const { status } = await must(cluster, 'GET', `/api/v1/nodes/${node.name}`);
      return status.conditions.some((c: Condition) => c.type === 'Ready' && c.status === 'Unknown');
    });

    // A cancel is no end: nobody has heard of one.
    await client.cancel(forced.request.key);
    await until('its pod is told to stop', async () => {
      return (await podOf(cluster, forced.step)).metadata.deletionTimestamp !== undefined;
    });
    expect(ending(await client.get(forced.request.key))).toMatchObject({ state: 'CANCELLING' });
    expect(alive(forcedPod)).toBe(true);

    // Nor is a pod that somebody removes by force.
    await deletePod(cluster, forcedPod!, { gracePeriodSeconds: 0 });
    expect(ending(await forced.watch.final())).toEqual(unconfirmed);
    expect(alive(forcedPod)).toBe(true);

    // Nor is a Node that somebody deletes.
    await must(cluster, 'DELETE', `/api/v1/nodes/${node.name}`);
    // The garbage collector of pods looks every 20 s, and waits 40 s in between.
    const over = async () => (await client.get(left.request.key)).outcome !== undefined;
    await untilWithin('its pod is collected', over, { timeoutMs: 110_000 });
    expect(ending(await left.watch.final())).toEqual(unconfirmed);
    expect(alive(leftPod)).toBe(true);

    // The node comes back, and only now do the processes end.
    await node.startKubelet();
    await node.ready();
    await until('the processes have ended', () => !alive(forcedPod) && !alive(leftPod));
    expect(ending(await client.get(forced.request.key))).toEqual(unconfirmed);
    record('node-gone-cancelled-pod-forced', forced.step);
    record('node-gone-node-deleted', left.step);
  });
};

interface Condition {
  readonly type: string;
  readonly status: string;
}
