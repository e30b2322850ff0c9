import type { ControlPlane } from '../control-plane/control-plane.ts';

/** What the API server tells of a pod's containers. */
export interface PodRef {
  readonly status: {
    readonly containerStatuses?: readonly { readonly name: string; readonly containerID?: string }[];
  };
}

/** A real node: kubelet, containerd and containers, with a control plane that has no other node. */
export interface RealNode {
  readonly controlPlane: ControlPlane;
  readonly name: string;
  /** Kills the kubelet, as a node that falls silent: its containers go on. */
  readonly stopKubelet: () => Promise<void>;
  readonly startKubelet: () => Promise<void>;
  /** Kills containerd: its containers go on. */
  readonly stopContainerd: () => Promise<void>;
  readonly startContainerd: () => Promise<void>;
  /** Resolves when the node is Ready and takes pods. */
  readonly ready: () => Promise<void>;
  /** Ids of the processes that live in a container of that pod, whatever the API server says by now. */
  readonly processesOf: (pod: PodRef, container: string) => readonly number[];
  /** Removes the node and the control plane, and all that they have made. Idempotent. */
  readonly stop: () => Promise<void>;
}
