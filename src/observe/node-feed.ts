import { goneNode, isNotable, type NodeView, sameNode } from '../job/node-view.ts';
import type { Observation, PodView } from '../job/observation.ts';
import { isFinalPhase } from '../job/proof.ts';
import type { Change } from './feed.ts';

export interface NodeFeed {
  /** To be called behind what the change itself says of the step. */
  onPod(change: Change<PodView>): readonly Observation[];
  onNode(change: Change<NodeView>): readonly Observation[];
  /** Pods that live on some node, and nodes of which there is something to say. */
  readonly size: { readonly pods: number; readonly nodes: number };
}

/**
 * Brings what nodes do to the steps whose pods are there, and to nobody else: who lives where is kept, bounded by the pods that live. An
 * ordinary node costs a comparison with what was known of it, and tells nothing. Of the others the last word is kept, for pods that come.
 */
export function createNodeFeed(): NodeFeed {
  /** By the node's name, the Jobs of the pods there by the pods' uids. */
  const living = new Map<string, Map<string, string>>();
  const places = new Map<string, string>();
  const notable = new Map<string, NodeView>();

  const leave = (podUid: string): void => {
    const name = places.get(podUid);
    if (name === undefined) return;
    places.delete(podUid);
    const there = living.get(name);
    there?.delete(podUid);
    if (there?.size !== 0) return;
    living.delete(name);
    // Nobody will tell of it again.
    if (notable.get(name)?.gone) notable.delete(name);
  };

  const tell = (node: NodeView): readonly Observation[] =>
    [...new Set(living.get(node.name)?.values())].map((jobUid) => ({ kind: 'node', jobUid, node }));

  return {
    onPod({ type, object: { uid, node: name, jobUid, phase } }) {
      if (type === 'deleted' || name === '' || isFinalPhase(phase)) {
        leave(uid);
        return [];
      }
      if (!places.has(uid)) {
        places.set(uid, name);
        const there = living.get(name) ?? new Map<string, string>();
        living.set(name, there.set(uid, jobUid));
      }
      const node = notable.get(name);
      return node === undefined ? [] : [{ kind: 'node', jobUid, node }];
    },
    onNode({ type, object }) {
      const { name } = object;
      if (type === 'deleted') {
        notable.delete(name);
        if (!living.has(name)) return [];
        const gone = goneNode(name);
        notable.set(name, gone);
        return tell(gone);
      }
      const known = notable.get(name);
      if (known === undefined ? !isNotable(object) : sameNode(known, object)) return [];
      if (isNotable(object)) notable.set(name, object);
      else notable.delete(name);
      return tell(object);
    },
    get size() {
      return { pods: places.size, nodes: notable.size };
    },
  };
}
