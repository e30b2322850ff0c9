import { expect, test } from 'vitest';
import { disruptionOf, shutdownOf } from '../../../src/job/disruption.ts';

test.each<[want: string, mark: string, message: string, told?: readonly string[]]>([
  [
    'Preempted',
    'PreemptionByScheduler',
    'default-scheduler: preempting to accommodate a higher priority pod',
  ],
  ['NodeTainted', 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'],
  ['Evicted', 'TerminationByKubelet', 'The node was low on resource: memory. Threshold quantity: 23Gi'],
  ['NodeShutdown', 'TerminationByKubelet', 'Pod was terminated in response to imminent node shutdown.'],
  ['Drained', 'EvictionByEvictionAPI', 'Eviction API: evicting'],
  ['SpotReclaimed', 'EvictionByEvictionAPI', 'Eviction API: evicting', ['Evicted pod: Spot Interrupted']],
  [
    'SpotReclaimed',
    'DeletionByTaintManager',
    'deleting due to NoExecute taint',
    ['interruption notice for the node'],
  ],
  ['SpotReclaimed', 'Another', 'the preemptible machine is going'],
  ['Drained', 'EvictionByEvictionAPI', 'a spotless node, evicting'],
  ['NodeLost', 'DeletionByPodGC', 'PodGC: node no longer exists'],
  ['Disrupted', 'SomethingNew', ''],
])('%s: %s %s', (want, reason, message, told) => {
  expect(disruptionOf({ reason, message }, told).reason).toBe(want);
});

test('of a drain it is said that nobody knows who asked', () => {
  expect(disruptionOf({ reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' }).message).toBe(
    'The pod was evicted through the Eviction API, as a drain of its node does; the API server does not tell who asked. It says: Eviction API: evicting',
  );
});

test.each<[want: string | undefined, reason: string, message: string]>([
  ['NodeShutdown', 'Terminated', 'Pod was terminated in response to imminent node shutdown.'],
  ['NodeShutdown', 'NodeShutdown', 'Pod was rejected as the node is shutting down.'],
  ['NodeShutdown', 'Shutdown', ''],
  ['SpotReclaimed', 'Terminated', 'spot instance terminated'],
  [undefined, 'Evicted', 'Usage of EmptyDir volume "scratch" exceeds the limit "1Mi".'],
])('a node that shuts down: %s for %s %s', (want, reason, message) => {
  expect(shutdownOf({ reason, message })?.reason).toBe(want);
});
