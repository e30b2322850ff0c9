import { timestamp } from './clock.ts';
import type { NodeOptions } from './options.ts';

const ALLOCATABLE = { cpu: '16', memory: '64Gi', 'ephemeral-storage': '100Gi', pods: '110' };
const CONDITIONS = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
];

export const DEFAULT_NODES: readonly NodeOptions[] = [{ name: 'embedded' }];

/** A Node as its kubelet would report it. */
export function nodeObject(
  { name, labels, taints, allocatable }: NodeOptions,
  now: number,
): Record<string, unknown> {
  const at = timestamp(now);
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const capacity = { ...ALLOCATABLE, ...allocatable };
  const own = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': arch };
  return {
    metadata: { name, labels: { ...own, ...labels } },
    spec: taints === undefined ? {} : { taints },
    status: {
      capacity,
      allocatable: capacity,
      conditions: CONDITIONS.map(([type, status, reason, message]) => ({
        type,
        status,
        lastHeartbeatTime: at,
        lastTransitionTime: at,
        reason,
        message,
      })),
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: { kubeletVersion: 'v1.37.2+embedded', operatingSystem: 'linux', architecture: arch },
    },
  };
}
