import type { NodeSpec } from '../support/control-plane/start.ts';

/** Nodes with room for every pod of a run: what waits for a node waits for no proof. */
export const roomyNodes: readonly NodeSpec[] = ['node-1', 'node-2', 'node-3'].map((name) => ({
  name,
  cpu: '1000',
  memory: '10Ti',
  ephemeralStorage: '100Ti',
  pods: 10_000,
}));
