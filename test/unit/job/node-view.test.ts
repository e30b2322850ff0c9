import { expect, test } from 'vitest';
import { goneNode, isNotable, projectNode, sameNode } from '../../../src/job/node-view.ts';
import { eviction, evictionTolerations } from '../../../src/job/tolerations.ts';
import { at } from './build.ts';

const ready = (status: string, heartbeat: string) => ({
  type: 'Ready',
  status,
  message: 'kubelet is posting ready status',
  lastHeartbeatTime: heartbeat,
  lastTransitionTime: '2026-11-23T12:00:20Z',
});
const raw = (more: { spec?: object; metadata?: object; conditions?: readonly object[] } = {}) => ({
  metadata: { name: 'n', uid: 'u', labels: { zone: 'a' }, ...more.metadata },
  spec: { podCIDR: '10.0.0.0/24', ...more.spec },
  status: {
    images: [{ names: ['large'], sizeBytes: 1 }],
    conditions: more.conditions ?? [ready('True', '2026-11-23T12:00:30Z')],
  },
});

test('a healthy node is its name, whatever it reports', () => {
  const view = projectNode(raw());
  expect(view).toEqual({ name: 'n', cordoned: false, taints: [], announced: [] });
  expect(isNotable(view)).toBe(false);
  const later = projectNode(raw({ conditions: [ready('True', '2026-11-23T12:05:30Z')] }));
  expect(sameNode(view, later)).toBe(true);
  expect(view.taints).toBe(later.taints);
});

test('taints that keep pods away are not kept; those that evict or announce are', () => {
  const taints = [
    { key: 'pool', value: 'gpu', effect: 'NoSchedule' },
    { key: 'broken', effect: 'NoExecute', timeAdded: '2026-11-23T12:00:20Z' },
    { key: 'ToBeDeletedByClusterAutoscaler', value: '1795435200', effect: 'NoSchedule' },
    { key: 'DeletionCandidateOfClusterAutoscaler', value: '1795435200', effect: 'PreferNoSchedule' },
  ];
  expect(projectNode(raw({ spec: { taints } })).taints).toEqual([
    { key: 'broken', value: '', effect: 'NoExecute', time: at(20) },
    { key: 'ToBeDeletedByClusterAutoscaler', value: '1795435200', effect: 'NoSchedule' },
  ]);
});

test('what is kept of a node that is not well', () => {
  const conditions = [ready('Unknown', '2026-11-23T12:00:10Z'), { type: 'PreemptScheduled', status: 'True' }];
  const metadata = { deletionTimestamp: '2026-11-23T12:00:40Z' };
  expect(projectNode(raw({ conditions, metadata, spec: { unschedulable: true } }))).toEqual({
    name: 'n',
    cordoned: true,
    taints: [],
    announced: ['PreemptScheduled'],
    deleteTime: at(40),
    notReady: { status: 'Unknown', message: 'kubelet is posting ready status', since: at(20) },
  });
});

test.each([
  [{ spec: { unschedulable: true } }],
  [{ metadata: { deletionTimestamp: '2026-11-23T12:00:40Z' } }],
  [{ conditions: [ready('False', '')] }],
  [{ conditions: [{ type: 'RebootScheduled', status: 'True' }] }],
  [{ spec: { taints: [{ key: 'x', effect: 'NoExecute' }] } }],
])('%j is to be told', (more) => {
  expect(isNotable(projectNode(raw(more)))).toBe(true);
});

test('a node without anything, and one that is gone', () => {
  expect(isNotable(projectNode({}))).toBe(false);
  expect(isNotable(projectNode(raw({ conditions: [{ type: 'PreemptScheduled', status: 'False' }] })))).toBe(
    false,
  );
  expect(isNotable(goneNode('n'))).toBe(true);
});

const evicting = { key: 'k', value: 'v', effect: 'NoExecute', time: at(0) };
const tolerated = (...tolerations: readonly object[]) =>
  eviction([evicting], evictionTolerations({ tolerations }));

test.each([
  ['nothing', [], 0],
  ['another key', [{ key: 'other', operator: 'Exists' }], 0],
  ['another value', [{ key: 'k', operator: 'Equal', value: 'w' }], 0],
  ['another effect', [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }], 0],
  ['it for a while', [{ key: 'k', value: 'v', effect: 'NoExecute', tolerationSeconds: 30 }], 30],
  ['it for less than nothing', [{ key: 'k', operator: 'Exists', tolerationSeconds: -1 }], 0],
  ['every taint for a while', [{ operator: 'Exists', tolerationSeconds: 60 }], 60],
])('a pod that tolerates %s is evicted', (_, tolerations, seconds) => {
  expect(tolerated(...tolerations)).toEqual({ taint: evicting, seconds, time: at(seconds) });
});

test.each([
  ['it', { key: 'k', operator: 'Equal', value: 'v', effect: 'NoExecute' }],
  ['its key', { key: 'k', operator: 'Exists' }],
  ['everything', { operator: 'Exists' }],
])('a pod that tolerates %s for ever stays', (_, toleration) => {
  expect(tolerated(toleration)).toBeUndefined();
});

test('of several taints the first to evict counts, and one that keeps pods away does not', () => {
  const later = { ...evicting, key: 'later', time: at(100) };
  expect(eviction([later, evicting], [])?.taint).toBe(evicting);
  expect(eviction([{ ...evicting, effect: 'NoSchedule' }], [])).toBeUndefined();
  expect(eviction([{ key: 'k', value: '', effect: 'NoExecute' }], [])).not.toHaveProperty('time');
});

test('pods with the same tolerations share one list', () => {
  const spec = () => ({ tolerations: [{ key: 'k', operator: 'Exists', tolerationSeconds: 300 }] });
  expect(evictionTolerations(spec())).toBe(evictionTolerations(spec()));
});
