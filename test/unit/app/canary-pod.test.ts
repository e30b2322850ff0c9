import { expect, test } from 'vitest';
import { canaryPod } from '../../../src/app/canary-pod.ts';

const metadata = { name: 'server', labels: { 'glip.greenlang.io/egress-check': 'server' } };
const state = (status: object, gone = false) =>
  canaryPod({ metadata, spec: { nodeName: 'n1' }, status }, gone);
const container = (of: object) => ({ phase: 'Running', containerStatuses: [{ state: of }] });

test('a pod that runs and is ready', () => {
  const ready = { type: 'Ready', status: 'True' };
  expect(
    state({
      phase: 'Running',
      podIP: '10.0.0.1',
      conditions: [ready],
      containerStatuses: [{ state: { running: {} } }],
    }),
  ).toEqual({
    role: 'server',
    phase: 'Running',
    ready: true,
    ip: '10.0.0.1',
    node: 'n1',
    waits: '',
    hopeless: false,
    gone: false,
  });
});

test.each<readonly [string, object, object]>([
  ['without a status', {}, { phase: 'Pending', ready: false, ip: '', waits: '' }],
  [
    'without a node',
    { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: 'no room' }] },
    { waits: 'no room', hopeless: false },
  ],
  [
    'that pulls',
    container({ waiting: { reason: 'ContainerCreating' } }),
    { waits: 'ContainerCreating', hopeless: false },
  ],
  [
    'whose first pull has failed',
    container({ waiting: { reason: 'ErrImagePull', message: 'no route' } }),
    { waits: 'ErrImagePull: no route', hopeless: false },
  ],
  ['that gives up', container({ waiting: { reason: 'ImagePullBackOff' } }), { hopeless: true }],
  [
    'that has ended',
    container({ terminated: { exitCode: 11, finishedAt: '2026-11-28T00:00:01Z' } }),
    { ended: { code: 11, time: Date.parse('2026-11-28T00:00:01Z'), why: '' } },
  ],
  [
    'that its node has refused',
    { phase: 'Failed', reason: 'OutOfcpu', message: 'full' },
    { ended: { time: 0, why: 'OutOfcpu: full' } },
  ],
])('a pod %s', (_, status, seen) => {
  expect(state(status)).toMatchObject(seen);
});

test('one that is gone, and one that is none of ours', () => {
  expect(state({}, true)?.gone).toBe(true);
  expect(canaryPod({ metadata: { labels: {} } }, false)).toBeUndefined();
});
