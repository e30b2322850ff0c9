import { expect, test } from 'vitest';
import { goneNode, type NodeView } from '../../../src/job/node-view.ts';
import type { PodView } from '../../../src/job/observation.ts';
import { projectPod } from '../../../src/job/project.ts';
import { createNodeFeed } from '../../../src/observe/node-feed.ts';
import { aPod } from './cluster.ts';

const aNode = (name: string, more: Partial<NodeView> = {}): NodeView => ({
  name,
  cordoned: false,
  taints: [],
  announced: [],
  ...more,
});
const view = (uid: string, node: string, more: Partial<PodView> = {}): PodView => ({
  ...projectPod(aPod()),
  uid,
  node,
  jobUid: `job of ${uid}`,
  phase: 'Running',
  ...more,
});

function start() {
  const feed = createNodeFeed();
  const place = { resourceVersion: '7' } as const;
  return {
    feed,
    pod: (object: PodView, type: 'updated' | 'deleted' = 'updated') =>
      feed.onPod({ ...place, uid: object.uid, type, object }),
    node: (object: NodeView, type: 'updated' | 'deleted' = 'updated') =>
      feed.onNode({ ...place, uid: object.name, type, object }),
  };
}
const told = (uid: string, node: NodeView) => ({ kind: 'node', jobUid: `job of ${uid}`, node });

test('a node is told to the steps whose pods are there, and to no others', () => {
  const { pod, node } = start();
  for (const p of [view('a', 'n1'), view('b', 'n1'), view('c', 'n2')]) expect(pod(p)).toEqual([]);
  const cordoned = aNode('n1', { cordoned: true });
  expect(node(cordoned)).toEqual([told('a', cordoned), told('b', cordoned)]);
});

test('reports in which nothing has happened tell nothing, of ordinary nodes and of others', () => {
  const { pod, node, feed } = start();
  pod(view('a', 'n1'));
  expect(node(aNode('n1'))).toEqual([]);
  node(aNode('n1', { cordoned: true }));
  expect(node(aNode('n1', { cordoned: true }))).toEqual([]);
  expect(node(aNode('n1'))).toEqual([told('a', aNode('n1'))]);
  expect(node(aNode('n1'))).toEqual([]);
  expect(feed.size).toEqual({ pods: 1, nodes: 0 });
});

test('a pod that comes to such a node is told of it, at each of its changes', () => {
  const { pod, node } = start();
  const cordoned = aNode('n1', { cordoned: true });
  expect(node(cordoned)).toEqual([]);
  expect(pod(view('a', ''))).toEqual([]);
  expect(pod(view('a', 'n1'))).toEqual([told('a', cordoned)]);
  expect(pod(view('a', 'n1'))).toEqual([told('a', cordoned)]);
});

test('a pod that is over is forgotten', () => {
  const { pod, node, feed } = start();
  for (const uid of ['a', 'b', 'c']) pod(view(uid, 'n1'));
  pod(view('a', 'n1', { phase: 'Failed' }));
  pod(view('b', 'n1', { phase: 'Succeeded' }));
  pod(view('c', 'n1'), 'deleted');
  pod(view('d', 'n1'), 'deleted');
  expect(node(aNode('n1', { cordoned: true }))).toEqual([]);
  expect(feed.size).toEqual({ pods: 0, nodes: 1 });
});

test('a node that is gone is told as gone as long as pods are there, and then forgotten', () => {
  const { pod, node, feed } = start();
  pod(view('a', 'n1'));
  expect(node(aNode('n1'), 'deleted')).toEqual([told('a', goneNode('n1'))]);
  expect(pod(view('a', 'n1'))).toEqual([told('a', goneNode('n1'))]);
  pod(view('a', 'n1'), 'deleted');
  expect(feed.size).toEqual({ pods: 0, nodes: 0 });
  node(aNode('n2', { cordoned: true }));
  expect(node(aNode('n2'), 'deleted')).toEqual([]);
  expect(feed.size).toEqual({ pods: 0, nodes: 0 });
});

test('a node of the same name that comes again takes its place', () => {
  const { pod, node } = start();
  pod(view('a', 'n1'));
  node(aNode('n1'), 'deleted');
  expect(node(aNode('n1'))).toEqual([told('a', aNode('n1'))]);
});
