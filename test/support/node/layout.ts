import { randomInt } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { basename, join } from 'node:path';

/** Where everything of one node lies, and how it is called on this machine. */
export interface NodeLayout {
  readonly directory: string;
  /** The cgroup above all of its pods, in each hierarchy. */
  readonly cgroup: string;
  /** The kubelet's address: on a pair of interfaces that exists as long as the node's network namespace. */
  readonly address: string;
  readonly interface: string;
}

/** Prefix of the directories, and of the cgroups, so that those of a killed owner are found. */
export const prefix = 'glip-node-';

export const path = (layout: NodeLayout, ...parts: readonly string[]): string =>
  join(layout.directory, ...parts);

export const containerdSocket = (layout: NodeLayout): string => path(layout, 'containerd.sock');

export function createLayout(directory: string): NodeLayout {
  const network = freeNetwork();
  return {
    directory,
    cgroup: basename(directory),
    address: `${network}.1`,
    interface: `gn${basename(directory).slice(prefix.length)}`,
  };
}

/** A network of the range for benchmarks (RFC 2544) that no interface of this machine uses; nothing is sent beyond it. */
function freeNetwork(): string {
  const used = Object.values(networkInterfaces()).flatMap((i) => i?.map(({ address }) => address) ?? []);
  for (;;) {
    const network = `198.18.${randomInt(1, 255)}`;
    if (!used.some((address) => address.startsWith(`${network}.`))) return network;
  }
}
