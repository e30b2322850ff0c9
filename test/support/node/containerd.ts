import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pauseImage } from './images/catalogue.ts';
import { containerdSocket, type NodeLayout, path } from './layout.ts';
import type { NodeNetwork } from './network.ts';
import { registryAddress } from './registry.ts';

export const containerdConfig = (layout: NodeLayout): string => path(layout, 'containerd.toml');

/** Debian's containerd, with everything of it inside the node's directory. */
export async function writeContainerdFiles(layout: NodeLayout, network: NodeNetwork): Promise<void> {
  await network.configure(layout);
  const files = {
    'containerd.toml': config(layout, network.plugins(layout)),
    // Every image that is not there is asked of the node's own registry: nothing leaves the machine.
    'registries/registry.example/hosts.toml': `server = "http://${registryAddress}"\n[host."http://${registryAddress}"]\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(path(layout, name)), { recursive: true });
    await writeFile(path(layout, name), text);
  }
}

// Root without CAP_SYS_RESOURCE, as in many containers, cannot lower an oom_score_adj: with the first two settings
// nobody tries. Without them every sandbox fails with "can't get final child's PID from pipe: EOF".
const config = (layout: NodeLayout, plugins: string): string => `
version = 2
oom_score = 0
root = "${path(layout, 'containerd', 'root')}"
state = "${path(layout, 'containerd', 'state')}"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[grpc]
address = "${containerdSocket(layout)}"

[plugins."io.containerd.internal.v1.opt"]
path = "${path(layout, 'containerd', 'opt')}"

[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
disable_apparmor = true
sandbox_image = "${pauseImage}"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${plugins}"
conf_dir = "${path(layout, 'cni')}"

[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "${path(layout, 'registries')}"
`;
