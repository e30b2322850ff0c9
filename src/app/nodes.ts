import { type NodeView, projectNode } from '../job/node-view.ts';
import type { RawObject } from '../job/project.ts';
import { clusterWide } from '../kube/paths.ts';
import type { Transport } from '../kube/transport-types.ts';
import type { Change } from '../observe/feed.ts';
import { createBestEffort } from './best-effort.ts';

export interface NodesDeps {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  readonly onNode: (change: Change<NodeView>) => void;
  readonly onError: (error: unknown, what: string) => void;
}

/** Follows the nodes, cut down to what announces an end; without it the executor does its work and warns of less. */
export const createNodes = ({ transport, onNode, onError }: NodesDeps) =>
  createBestEffort<NodeView>({
    transport,
    path: clusterWide('nodes'),
    project: (object) => projectNode(object as RawObject),
    onDelta: onNode,
    what: 'nodes',
    without: 'steps go on, and fewer disruptions are told ahead',
    onError,
  });
