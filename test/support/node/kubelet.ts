import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { pathOf } from '../control-plane/processes.ts';
import { bridge } from './bridge.ts';
import { containerdSocket, type NodeLayout, path } from './layout.ts';
import type { NodeNetwork } from './network.ts';

/** Who the kubelet is, and whom it trusts. */
export interface KubeletIdentity {
  readonly nodeName: string;
  readonly kubeconfig: string;
  readonly caFile: string;
}

/** How much of a node's CPU the tests may count on, whatever the machine has. */
const mostCpus = 4;

const configFile = (layout: NodeLayout): string => path(layout, 'kubelet.json');

/** What tests choose of a node. */
export interface NodeOptions {
  /** A bridge by default. */
  readonly network?: NodeNetwork;
  /** From which size on a container's log is rotated, such as `1Mi`, looked at every 3 s; the kubelet's 10Mi and 10 s by default. */
  readonly logSize?: string;
}

export async function writeKubeletFiles(
  layout: NodeLayout,
  identity: KubeletIdentity,
  options: NodeOptions,
): Promise<void> {
  await mkdir(path(layout, 'kubelet'), { recursive: true });
  await writeFile(path(layout, 'resolv.conf'), 'nameserver 127.0.0.1\n');
  await writeFile(configFile(layout), JSON.stringify(configuration(layout, identity, options), null, 2));
}

export const kubeletCommand = (layout: NodeLayout, identity: KubeletIdentity): readonly string[] => [
  pathOf('kubelet'),
  `--config=${configFile(layout)}`,
  `--kubeconfig=${identity.kubeconfig}`,
  `--hostname-override=${identity.nodeName}`,
  `--node-ip=${layout.address}`,
  `--root-dir=${path(layout, 'kubelet')}`,
  `--cert-dir=${path(layout, 'kubelet', 'pki')}`,
];

const configuration = (
  layout: NodeLayout,
  { caFile }: KubeletIdentity,
  { logSize, network = bridge }: NodeOptions,
): object => ({
  ...(logSize && { containerLogMaxSize: logSize, containerLogMonitorInterval: '3s' }),
  kind: 'KubeletConfiguration',
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  address: layout.address,
  healthzPort: 0,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: caFile },
  },
  authorization: { mode: 'Webhook' },
  containerRuntimeEndpoint: `unix://${containerdSocket(layout)}`,
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${layout.cgroup}`,
  failCgroupV1: false,
  failSwapOn: false,
  makeIPTablesUtilChains: false,
  clusterDNS: [network.dns],
  resolvConf: path(layout, 'resolv.conf'),
  podLogsDir: path(layout, 'pod-logs'),
  volumePluginDir: path(layout, 'volume-plugins'),
  // What root without CAP_SYS_RESOURCE may set.
  oomScoreAdj: 0,
  maxOpenFiles: 20_000,
  // A machine that is short of something must not evict the tests' pods, nor remove images that nobody can pull.
  evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  systemReserved: { cpu: String(Math.max(0, availableParallelism() - mostCpus)) },
  // Limits on CPU would only make the agents of the tests start slowly.
  cpuCFSQuota: false,
  // Fast to tell, and fast to be missed.
  nodeStatusUpdateFrequency: '2s',
  nodeLeaseDurationSeconds: 8,
  syncFrequency: '10s',
  volumeStatsAggPeriod: '2s',
  eventRecordQPS: 0,
  registryPullQPS: 0,
  kubeAPIQPS: 500,
  kubeAPIBurst: 500,
});
