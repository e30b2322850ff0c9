import { expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import { goneNode, type NodeView } from '../../../src/job/node-view.ts';
import type { Observation } from '../../../src/job/observation.ts';
import {
  aJob,
  aPod,
  at,
  condition,
  deleting,
  endedPod,
  exited,
  job,
  pod,
  podGone,
  runningPod,
  seen,
  stoppedJob,
} from './build.ts';

const aNode = (more: Partial<NodeView> = {}): NodeView => ({
  name: 'node-1',
  cordoned: false,
  taints: [],
  announced: [],
  ...more,
});
const node = (more: Partial<NodeView>): Observation => ({ kind: 'node', jobUid: 'job-1', node: aNode(more) });
const taint = (key: string, more: object = {}) => ({ key, value: '', effect: 'NoSchedule', ...more });
const evicting = (key: string, more: object = {}) =>
  taint(key, { effect: 'NoExecute', time: at(20), ...more });
const verdictOf = (...observations: readonly Observation[]) => classify(seen(job(aJob()), ...observations));
const expected = (...observations: readonly Observation[]) => {
  const forecast = verdictOf(...observations)?.forecast;
  if (forecast === 'over') throw new Error('the pod has ended');
  return forecast;
};
const unreachable = 'node.kubernetes.io/unreachable';
const patient = { tolerations: [{ key: unreachable, seconds: 300 }] };
const silentSince = (seconds: number) => ({
  notReady: {
    status: 'Unknown' as const,
    message: 'Kubelet stopped posting node status.',
    since: at(seconds),
  },
});

test.each<[string, Partial<NodeView>, string, string]>([
  ['a cordon', { cordoned: true }, 'NodeCordoned', 'no new pods come to it, and a drain may follow'],
  [
    'a spot notice of AWS',
    { taints: [taint('aws-node-termination-handler/spot-itn')] },
    'SpotReclaim',
    'AWS takes back',
  ],
  ['a spot notice of Azure', { announced: ['PreemptScheduled'] }, 'SpotReclaim', 'Azure takes back'],
  [
    'a notice of GKE',
    { taints: [taint('cloud.google.com/impending-node-termination')] },
    'NodeShutdown',
    'GKE',
  ],
  [
    'a scale-down',
    { taints: [taint('ToBeDeletedByClusterAutoscaler', { value: '1795435200' })] },
    'ScaleDown',
    'cluster autoscaler',
  ],
  ['Karpenter', { cordoned: true, taints: [taint('karpenter.sh/disrupted')] }, 'NodeDrain', 'Karpenter'],
  [
    'an older Karpenter',
    { taints: [taint('karpenter.sh/disruption', { value: 'disrupting' })] },
    'NodeDrain',
    'Karpenter',
  ],
  ['a Node object that is being deleted', { deleteTime: at(20) }, 'NodeDrain', 'is being deleted'],
  ['a Node object that is gone', goneNode('node-1'), 'NodeDeleted', 'was deleted'],
  [
    'a node that shuts down',
    { notReady: { status: 'False', message: 'node is shutting down', since: at(20) } },
    'NodeShutdown',
    'is shutting down',
  ],
  [
    'a node that is not ready',
    { notReady: { status: 'False', message: 'PLEG is not healthy', since: at(20) } },
    'NodeNotReady',
    'PLEG is not healthy',
  ],
  ['a node that is silent', silentSince(20), 'NodeLost', 'has stopped to report'],
  [
    'a taint that evicts',
    { taints: [evicting('gpu', { value: 'broken' })] },
    'NoExecuteTaint',
    'gpu=broken:NoExecute, which the pod does not tolerate',
  ],
  [
    'a declaration that the machine is off',
    { taints: [evicting('node.kubernetes.io/out-of-service')] },
    'NodeLost',
    'out of service',
  ],
  [
    'advice to leave a spot machine',
    { cordoned: true, taints: [taint('aws-node-termination-handler/rebalance-recommendation')] },
    'SpotRebalance',
    'may take back',
  ],
])('%s is told ahead', (_, more, cause, words) => {
  const forecast = expected(pod(runningPod()), node(more));
  expect(forecast?.cause).toBe(cause);
  expect(forecast?.message).toContain(words);
  expect(forecast?.message).toContain('node-1');
});

test.each([
  [
    'PreemptionByScheduler',
    'default-scheduler: preempting to accommodate a higher priority pod',
    'Preemption',
  ],
  ['EvictionByEvictionAPI', 'Eviction API: evicting', 'NodeDrain'],
  ['DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint', 'NoExecuteTaint'],
  ['TerminationByKubelet', 'The node was low on resource: memory.', 'NodePressure'],
  ['TerminationByKubelet', 'Pod was terminated in response to imminent node shutdown.', 'NodeShutdown'],
  ['SomethingNew', '', 'Disruption'],
])('a pod that is marked with %s: %s', (reason, message, cause) => {
  const marked = runningPod({ conditions: [condition('DisruptionTarget', reason, message)], ...deleting });
  expect(expected(pod(marked))).toMatchObject({ cause, since: at(20), deadline: deleting.deleteTime });
});

test('the pod’s own mark says more than a cordon', () => {
  const marked = runningPod({ conditions: [condition('DisruptionTarget', 'EvictionByEvictionAPI', 'bye')] });
  expect(expected(pod(marked), node({ cordoned: true }))?.cause).toBe('NodeDrain');
});

test('what a pod tolerates for a while ends it then, whatever the cause is called', () => {
  const lost = node({ ...silentSince(15), taints: [evicting(unreachable)] });
  expect(expected(pod(runningPod(patient)), lost)).toMatchObject({
    cause: 'NodeLost',
    deadline: at(320),
    since: at(15),
  });
  const spot = node({ taints: [evicting('aws-node-termination-handler/spot-itn')] });
  expect(expected(pod(runningPod(patient)), spot)).toMatchObject({ cause: 'SpotReclaim', deadline: at(20) });
});

test('what a pod tolerates for ever is nothing to be told', () => {
  const tolerations = [{ key: 'gpu' }];
  expect(expected(pod(runningPod({ tolerations })), node({ taints: [evicting('gpu')] }))).toBeUndefined();
});

test('without nodes, a pod that the node controller calls unready while its containers are ready is on a lost one', () => {
  const ready = condition('ContainersReady');
  const unready = condition('Ready', '', '', 'False');
  expect(expected(pod(runningPod({ conditions: [ready, unready] })))).toMatchObject({
    cause: 'NodeLost',
    since: at(20),
  });
  expect(expected(pod(runningPod({ conditions: [unready] })))).toBeUndefined();
  expect(expected(pod(runningPod({ conditions: [ready, condition('Ready')] })))).toBeUndefined();
});

test('it is withdrawn when its cause has gone', () => {
  expect(expected(pod(runningPod()), node({ cordoned: true }), node({}))).toBeUndefined();
});

test('a node is of no interest to pods on others', () => {
  expect(expected(pod(runningPod({ node: 'node-2' })), node({ cordoned: true }))).toBeUndefined();
});

test('of a pod that has ended nothing more is expected, and nothing is withdrawn', () => {
  const cordoned = node({ cordoned: true });
  const ends = [
    () => pod(endedPod(exited(1))),
    () => podGone(runningPod()),
    () => pod(runningPod({ agent: exited(0) })),
  ];
  for (const over of ends) expect(verdictOf(pod(runningPod()), cordoned, over())?.forecast).toBe('over');
});

test('what was known of a node goes with the last pod there, since nobody tells of it any more', () => {
  const facts = seen(
    job(aJob({ replaces: true })),
    pod(runningPod()),
    node({ cordoned: true }),
    pod(endedPod(exited(1))),
  );
  expect(facts.nodes).toBeUndefined();
  expect(seen(job(aJob()), pod(runningPod()), node({ cordoned: true })).nodes).toEqual([
    aNode({ cordoned: true }),
  ]);
});

test('a node that comes before the Job is remembered; one of a Job without pods leaves nothing behind', () => {
  const facts = seen(pod(runningPod()), node({ cordoned: true }), job(aJob()));
  expect(classify(facts)?.forecast).toMatchObject({ cause: 'NodeCordoned' });
  expect(() => seen(node({ cordoned: true }))).toThrow('nothing is left');
});

test('it is a moment, too, at the cluster’s own time where there is one', () => {
  const marks = (...observations: readonly Observation[]) =>
    verdictOf(...observations)?.marks.filter((m) => m.kind === 'DISRUPTION_EXPECTED');
  expect(marks(pod(runningPod()), node({ cordoned: true }))).toEqual([
    { kind: 'DISRUPTION_EXPECTED', incarnation: 0, detail: 'NodeCordoned' },
  ]);
  expect(marks(pod(runningPod()), node(silentSince(15)))).toEqual([
    { kind: 'DISRUPTION_EXPECTED', incarnation: 0, detail: 'NodeLost', time: at(15) },
  ]);
});

test('who has asked for the end needs no warning of one', () => {
  const facts = seen(job(stoppedJob()), pod(runningPod(deleting)), node({ cordoned: true }));
  expect(classify(facts)?.forecast).toBeUndefined();
});

test.each([
  ['its node is silent', runningPod(deleting), silentSince(12), at(12)],
  ['its Node object is gone', runningPod(deleting), goneNode('node-1'), at(9)],
  ['its process has not started', aPod(deleting), silentSince(12), at(12)],
])('a cancelled step says NodeLost when %s, and is not over', (_, view, more, since) => {
  const verdict = classify(seen(job(stoppedJob()), pod(view), node(more)), { nodeLost: 1 } as object);
  expect(verdict?.milestones.at(-1)?.state).toBe('CANCELLING');
  expect(verdict?.end).toBeUndefined();
  expect(verdict?.waiting).toMatchObject({ reason: 'NodeLost', since });
  expect(verdict?.waiting?.message).toContain('Whether the agent still runs there is not known.');
  expect(verdict?.waiting).not.toHaveProperty('giveUpTime');
  expect(verdict?.deadline).toBeUndefined();
});

test('a cancelled step whose node is heard of waits for nothing that has a name', () => {
  const running = pod(runningPod(deleting));
  expect(classify(seen(job(stoppedJob()), running, node({ cordoned: true })))?.waiting).toBeUndefined();
  const over = pod(endedPod(exited(143), deleting));
  expect(classify(seen(job(stoppedJob()), running, node(silentSince(12)), over))?.waiting).toBeUndefined();
});

test('a step that waits on a silent node says so, and not what that node said last', () => {
  const agent = { kind: 'waiting', reason: 'ImagePullBackOff', message: 'x' } as const;
  expect(verdictOf(pod(aPod({ agent })), node(silentSince(12)))?.waiting).toMatchObject({
    reason: 'NodeLost',
    message: 'The node node-1 has stopped to report.',
    since: at(12),
  });
});

test('a step that waits on a node that is not ready is told what the node says', () => {
  const unready = { notReady: { status: 'False' as const, message: 'no network', since: at(12) } };
  expect(verdictOf(pod(aPod()), node(unready))?.waiting).toMatchObject({
    reason: 'NodeNotReady',
    message: 'The node node-1 is not ready: no network',
  });
});

test('the words of a taint are one line, and not without an end', () => {
  const hostile = evicting('k', { value: `\u001b[31mred\n${'x'.repeat(900_000)}` });
  const message = expected(pod(runningPod()), node({ taints: [hostile] }))?.message ?? '';
  expect(message).toMatch(/^The node node-1 has the taint k=red x+…$/);
  expect(message).toHaveLength(1_000);
});

test('readiness gates that somebody has put on a pod are no silent node', () => {
  const conditions = (reason: string) => [
    condition('ContainersReady'),
    condition('Ready', reason, '', 'False'),
  ];
  const cause = (reason: string) => expected(pod(runningPod({ conditions: conditions(reason) })))?.cause;
  expect(cause('')).toBe('NodeLost');
  expect(cause('ReadinessGatesNotReady')).toBeUndefined();
});
