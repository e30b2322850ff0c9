import { type NodeView, projectNode } from '../job/node-view.ts';
import type { RawObject } from '../job/project.ts';
import { clusterWide } from '../kube/paths.ts';
import { createReflector } from '../kube/reflector.ts';
import type { Transport } from '../kube/transport-types.ts';
import type { Change } from '../observe/feed.ts';

export interface NodesDeps {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  readonly onNode: (change: Change<NodeView>) => void;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * Follows the nodes, cut down to what announces an end. Best effort: it is no part of readiness, and a failure is reported once until it
 * works again; without it the executor does its work and warns of less.
 */
export function createNodes({ transport, onNode, onError }: NodesDeps) {
  let broken = false;
  return createReflector<NodeView>({
    transport,
    path: clusterWide('nodes'),
    project: (object) => projectNode(object as RawObject),
    onDelta: onNode,
    onStatus: ({ state }) => {
      if (state === 'watching') broken = false;
    },
    onError: (error, during) => {
      if (!broken)
        onError(error, `watching nodes (${during}); steps go on, and fewer disruptions are told ahead`);
      broken = true;
    },
  });
}
