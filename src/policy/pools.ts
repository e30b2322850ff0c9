import type { Quantity } from '../lib/quantity.ts';

/** What a step or a node has of each resource that every pod uses. */
export type Amounts = {
  readonly cpu: Quantity;
  readonly memory: Quantity;
  readonly ephemeralStorage: Quantity;
};

/** Amounts with whole devices; 0 where a pool has none. */
export type AmountsWithGpu = Amounts & { readonly gpu: bigint };

/** A toleration, as in a pod. */
export type Toleration = {
  readonly key?: string;
  readonly operator?: 'Equal' | 'Exists';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  readonly tolerationSeconds?: number;
};

/** Nodes of one kind, and what a step gets on them. */
export type Pool = {
  readonly name: string;
  /** What one node of the pool offers to pods (`status.allocatable`). */
  readonly allocatable: AmountsWithGpu;
  /** What the node's DaemonSets and the pod's injected sidecars take of it. */
  readonly reserve: Amounts;
  /** Allocatable less reserve. */
  readonly usable: Amounts;
  /** The most that one step may ask for; never more than usable. */
  readonly maximum: AmountsWithGpu;
  /** What a step gets that says nothing. */
  readonly defaults: Amounts;
  /** The extended resource that counts the devices, such as nvidia.com/gpu. */
  readonly gpuResource: string;
  /** Empty: any node on which the pod fits. */
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  /** Absent: the cluster's default, unless the step names one. */
  readonly priorityClass?: string;
  /** Nodes that may vanish at short notice; only steps that ask for it are placed there. */
  readonly spot: boolean;
};

/** Sizes by name; what a class leaves out comes from the pool's defaults. */
export type SizeClass = {
  readonly cpu: Quantity;
  readonly memory: Quantity;
  readonly ephemeralStorage?: Quantity;
};

/** Everything that the resource calculator goes by. */
export type Pools = {
  /** In the order of the configuration, which decides between pools of the same size. */
  readonly pools: readonly Pool[];
  readonly sizeClasses: ReadonlyMap<string, SizeClass>;
  /** The cpu limit is the request times this; at least 1. */
  readonly cpuLimitFactor: Quantity;
  /** No container starts with less. */
  readonly minimum: Amounts;
};
