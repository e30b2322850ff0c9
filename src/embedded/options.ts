import type { Clock } from './clock.ts';
import type { Delays } from './delays.ts';
import type { Catalogue } from './kubelet/catalogue.ts';

/** A node that the cluster pretends to have; all of them run on this machine. */
export type NodeOptions = {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[];
  /** Quantities by resource; cpu, memory, ephemeral-storage and pods have defaults. Nothing of it is reserved on the machine. */
  readonly allocatable?: Readonly<Record<string, string>>;
};

export type EmbeddedClusterOptions = {
  /** What may run: image → command. */
  readonly catalogue: Catalogue;
  /** Directory for volumes, logs and working directories; made when it is not there. Its `pods` folder belongs to the cluster. */
  readonly workDirectory: string;
  /** Loopback address to listen on; anything else is refused. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** `real` (default), `none`, or the real ones with some replaced. */
  readonly delays?: 'real' | 'none' | Partial<Delays>;
  /** Default: one node called `embedded`. */
  readonly nodes?: readonly NodeOptions[];
  /** Keep the directories of pods that are gone. Default false: they go with the pod, and with the next start. */
  readonly keepDirectories?: boolean;
  /** Changes kept for watches and pages, at least. Default 10,000. */
  readonly historyLimit?: number;
  /** Milliseconds between bookmarks. Default 60,000. */
  readonly bookmarkInterval?: number;
  /** Bytes that may wait for a watcher that does not read before it is cut off. Default 4 MiB. */
  readonly watchBuffer?: number;
  /** Whether watches may ask for sendInitialEvents. Default true. */
  readonly streamingLists?: boolean;
  readonly clock?: Clock;
  /** Told of what goes wrong inside the cluster itself. */
  readonly onError?: (error: unknown) => void;
};
