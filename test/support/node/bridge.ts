import { mkdir, writeFile } from 'node:fs/promises';
import { path } from './layout.ts';
import type { NodeNetwork } from './network.ts';

/** A bridge inside the node's network namespace, without a way out of it. Policies mean nothing to it. */
export const bridge: NodeNetwork = {
  plugins: () => '/usr/lib/cni',
  dns: '127.0.0.1',
  controllerManagerFlags: [],
  async configure(layout) {
    const plugin = {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: '10.88.0.0/16' }]],
        dataDir: path(layout, 'cni-addresses'),
      },
    };
    await mkdir(path(layout, 'cni'), { recursive: true });
    await writeFile(
      path(layout, 'cni', '10-bridge.conflist'),
      JSON.stringify({ cniVersion: '1.0.0', name: 'node', plugins: [plugin] }),
    );
  },
  connect: async () => undefined,
};
