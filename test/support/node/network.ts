import type { ControlPlane } from '../control-plane/control-plane.ts';
import type { NodeLayout } from './layout.ts';
import type { Machine } from './machine.ts';

/** How the pods of a node are connected with each other and with what is outside of them. */
export interface NodeNetwork {
  /** The folder of the plugins that containerd runs. */
  readonly plugins: (layout: NodeLayout) => string;
  /** Writes `cni/*.conflist` and what else the plugins need. Before containerd starts, which looks for them only then. */
  readonly configure: (layout: NodeLayout) => Promise<void>;
  /** The DNS server, as the pods are told. */
  readonly dns: string;
  readonly controllerManagerFlags: readonly string[];
  /** Resolves when pods can be connected. The node has begun to register. */
  readonly connect: (machine: Machine, controlPlane: ControlPlane) => Promise<void>;
}
