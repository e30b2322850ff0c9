import { fakeNodeLabel } from './flags.ts';

/** A fake node. What is left out is as on the default ones: 4 CPU, 16 GiB, room for 1000 pods. */
export interface NodeSpec {
  readonly name: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly ephemeralStorage?: string;
  readonly pods?: number;
  /** How many `nvidia.com/gpu`. */
  readonly gpu?: number;
  /** Further extended resources. */
  readonly resources?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** Three nodes in three zones. A thousand pods each instead of the usual 110, so that load tests need no more nodes. */
export const defaultNodes: readonly NodeSpec[] = ['a', 'b', 'c'].map((zone, index) => ({
  name: `node-${index + 1}`,
  labels: { 'topology.kubernetes.io/region': 'test', 'topology.kubernetes.io/zone': `test-${zone}` },
}));

/** The Node object as a kubelet would register it; its conditions come from the node-initialize stage. */
export function nodeObject(spec: NodeSpec, index: number, version: string): object {
  const resources = {
    cpu: spec.cpu ?? '4',
    memory: spec.memory ?? '16Gi',
    'ephemeral-storage': spec.ephemeralStorage ?? '100Gi',
    pods: String(spec.pods ?? 1000),
    ...(spec.gpu === undefined ? {} : { 'nvidia.com/gpu': String(spec.gpu) }),
    ...spec.resources,
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: spec.name,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': spec.name,
        'kubernetes.io/os': 'linux',
        [fakeNodeLabel.key]: fakeNodeLabel.value,
        ...spec.labels,
      },
    },
    spec: spec.taints === undefined ? {} : { taints: spec.taints },
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: `192.0.2.${(index % 250) + 1}` },
        { type: 'Hostname', address: spec.name },
      ],
      nodeInfo: nodeSystem(version),
    },
  };
}

const nodeSystem = (version: string): object => ({
  architecture: 'amd64',
  bootID: '',
  containerRuntimeVersion: 'containerd://2.0.0',
  kernelVersion: '6.12.0',
  kubeProxyVersion: version,
  kubeletVersion: version,
  machineID: '',
  operatingSystem: 'linux',
  osImage: 'test',
  systemUUID: '',
});
