import { describe, expect, it } from 'vitest';
import type { NodeObject, Pod } from '../../../src/embedded/objects.ts';
import { misfitsOf, unschedulableMessage } from '../../../src/embedded/scheduler/fit.ts';
import { aJob, aPod, has, JOBS, PODS, script, startCluster, until } from './harness.ts';

const catalogue = { agent: script(''), forever: script('setInterval(() => {}, 1000)') };
const metadata = { name: 'x', uid: 'x', resourceVersion: '1', creationTimestamp: '' };

function node(spec: NodeObject['spec'] = {}, labels = {}, allocatable = {}): NodeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...metadata, labels },
    spec,
    status: { allocatable: { cpu: '2', memory: '4Gi', pods: '2', ...allocatable } },
  };
}

function pod(spec: Partial<Pod['spec']> = {}, requests: Record<string, string> = {}, phase = 'Pending'): Pod {
  const containers = [{ name: 'agent', image: 'x', resources: { requests } }];
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers, ...spec }, status: { phase } };
}

describe('whether a pod fits a node', () => {
  const taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };
  const busy = pod({}, { cpu: '1500m' }, 'Running');
  it.each([
    ['an empty node', pod({}, { cpu: '2', memory: '4Gi' }), node(), [], []],
    [
      'too much for the node',
      pod({}, { cpu: '2001m', memory: '5Gi' }),
      node(),
      [],
      ['Insufficient cpu!', 'Insufficient memory!'],
    ],
    ['too much beside the others', pod({}, { cpu: '1' }), node(), [busy], ['Insufficient cpu']],
    [
      'what has ended takes nothing',
      pod({}, { cpu: '1' }),
      node(),
      [{ ...busy, status: { phase: 'Succeeded' } }],
      [],
    ],
    ['too many pods', pod(), node(), [pod(), pod()], ['Too many pods']],
    ['an unknown resource', pod({}, { 'nvidia.com/gpu': '1' }), node(), [], ['Insufficient nvidia.com/gpu!']],
    ['a known one', pod({}, { 'nvidia.com/gpu': '1' }), node({}, {}, { 'nvidia.com/gpu': '1' }), [], []],
    ['a selector that matches', pod({ nodeSelector: { pool: 'a' } }), node({}, { pool: 'a' }), [], []],
    [
      'one that does not',
      pod({ nodeSelector: { pool: 'b' } }),
      node({}, { pool: 'a' }),
      [],
      ["node(s) didn't match Pod's node affinity/selector!"],
    ],
    ['a taint', pod(), node({ taints: [taint] }), [], ['node(s) had untolerated taint(s)!']],
    [
      'a tolerated one',
      pod({ tolerations: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] }),
      node({ taints: [taint] }),
      [],
      [],
    ],
    [
      'tolerated whatever its value',
      pod({ tolerations: [{ key: 'gpu', operator: 'Exists' }] }),
      node({ taints: [taint] }),
      [],
      [],
    ],
    [
      'tolerated for another value',
      pod({ tolerations: [{ key: 'gpu', value: 'no' }] }),
      node({ taints: [taint] }),
      [],
      ['node(s) had untolerated taint(s)!'],
    ],
    [
      'tolerating everything',
      pod({ tolerations: [{ operator: 'Exists' }] }),
      node({ taints: [taint] }),
      [],
      [],
    ],
    [
      'a taint that only prefers',
      pod(),
      node({ taints: [{ ...taint, effect: 'PreferNoSchedule' }] }),
      [],
      [],
    ],
    ['a cordoned node', pod(), node({ unschedulable: true }), [], ['node(s) were unschedulable!']],
  ])('%s', (_name, given, place, others, want) => {
    expect(
      misfitsOf(given, place, others).map(({ reason, lasting }) => `${reason}${lasting ? '!' : ''}`),
    ).toEqual(want);
  });

  it('is told in one sentence', () => {
    const cpu = { reason: 'Insufficient cpu', lasting: true };
    const selector = { reason: "node(s) didn't match Pod's node affinity/selector", lasting: true };
    expect(unschedulableMessage([[cpu]])).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    );
    expect(unschedulableMessage([[{ ...cpu, lasting: false }], [selector], [selector]])).toBe(
      "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
    );
    expect(unschedulableMessage([])).toBe('no nodes available to schedule pods');
  });
});

describe('the scheduler', () => {
  it('says why a pod waits, and places it when there is room', async () => {
    const cluster = await startCluster({ catalogue, nodes: [{ name: 'small', allocatable: { cpu: '1' } }] });
    const resources = { requests: { cpu: '700m' } };
    await cluster.ok(
      'POST',
      JOBS,
      aJob('first', {
        container: { image: 'forever', resources },
        pod: { terminationGracePeriodSeconds: 0 },
      }),
    );
    await cluster.pod('first', ({ status }) => status.phase === 'Running');
    await cluster.ok('POST', JOBS, aJob('second', { container: { resources } }));
    const waiting = await cluster.pod('second', ({ status }) => status.conditions !== undefined);
    const message =
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';
    expect(waiting.status).toMatchObject({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
    });
    const [event] = await cluster.events(waiting.metadata.name);
    expect(event).toMatchObject({ type: 'Warning', reason: 'FailedScheduling', message });
    await cluster.ok('DELETE', `${JOBS}/first?propagationPolicy=Background`);
    await cluster.job('second', (job) => has(job, 'Complete'));
  });

  it('takes a new or changed node into account', async () => {
    const cluster = await startCluster({ catalogue, nodes: [] });
    await cluster.ok('POST', JOBS, aJob('j', { pod: { nodeSelector: { pool: 'gpu' } } }));
    const waiting = await cluster.pod('j', ({ status }) => status.conditions !== undefined);
    expect(waiting.status.conditions?.[0]?.message).toBe('no nodes available to schedule pods');
    const status = { allocatable: { cpu: '1', memory: '1Gi', pods: '10' } };
    await cluster.ok('POST', '/api/v1/nodes', { metadata: { name: 'n' }, status });
    await cluster.pod(
      'j',
      (pod) => pod.status.conditions?.[0]?.message?.includes('affinity/selector') === true,
    );
    await cluster.patch('/api/v1/nodes/n', { metadata: { labels: { pool: 'gpu' } } });
    await cluster.job('j', (job) => has(job, 'Complete'));
    expect((await cluster.pod('j', () => true)).spec.nodeName).toBe('n');
  });

  it('spreads pods over the nodes that fit', async () => {
    const cluster = await startCluster({
      catalogue,
      nodes: [{ name: 'a' }, { name: 'b' }, { name: 'c', taints: [{ key: 'x', effect: 'NoSchedule' }] }],
    });
    for (const name of ['p', 'q'])
      await cluster.ok(
        'POST',
        PODS,
        aPod(name, { container: { image: 'forever' }, pod: { terminationGracePeriodSeconds: 0 } }),
      );
    const placed = await until('both placed', async () => {
      const names = (await cluster.ok('GET', PODS)).items.map(({ spec }: Pod) => spec.nodeName);
      return names.every(Boolean) ? names.sort() : undefined;
    });
    expect(placed).toEqual(['a', 'b']);
  });

  it('leaves a gated pod alone until the gate is gone', async () => {
    const cluster = await startCluster({ catalogue });
    await cluster.ok('POST', JOBS, aJob('j', { pod: { schedulingGates: [{ name: 'glip.io/start' }] } }));
    const gated = await cluster.pod('j', () => true);
    expect(gated.status.conditions).toMatchObject([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]);
    await cluster.ok('POST', JOBS, aJob('free'));
    await cluster.job('free', (job) => has(job, 'Complete'));
    expect((await cluster.pod('j', () => true)).spec.nodeName).toBeUndefined();
    const { name, resourceVersion } = gated.metadata;
    const ungate = { metadata: { resourceVersion }, spec: { schedulingGates: [] } };
    expect(
      (await cluster.patch(`${PODS}/${name}`, { ...ungate, metadata: { resourceVersion: '1' } })).code,
    ).toBe(409);
    const { body } = await cluster.patch(`${PODS}/${name}`, ungate);
    expect([body.metadata.generation, body.spec.schedulingGates]).toEqual([2, undefined]);
    await cluster.job('j', (job) => has(job, 'Complete'));
    expect(
      (await cluster.patch(`${PODS}/${name}`, { spec: { schedulingGates: [{ name: 'glip.io/again' }] } }))
        .code,
    ).toBe(422);
  });

  it('never starts a gated pod whose Job is cancelled', async () => {
    const cluster = await startCluster({ catalogue });
    const pods = await cluster.watch(`${PODS}?watch=1`);
    await cluster.ok('POST', JOBS, aJob('j', { pod: { schedulingGates: [{ name: 'glip.io/start' }] } }));
    await cluster.pod('j', () => true);
    await cluster.patch(`${JOBS}/j`, { spec: { activeDeadlineSeconds: 0 } });
    await cluster.job('j', (job) => has(job, 'Failed'));
    await until('the deletion', () => pods.frames.at(-1)?.type === 'DELETED');
    expect(pods.frames.at(-1)?.object.status.containerStatuses).toBeUndefined();
  });
});
