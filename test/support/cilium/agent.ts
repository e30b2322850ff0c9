import { pathOf } from '../control-plane/processes.ts';
import { type NodeLayout, path } from '../node/layout.ts';
import { pods, world } from './world.ts';

export const libraryOf = (layout: NodeLayout): string => path(layout, 'cilium');
export const toolsOf = (layout: NodeLayout): string => path(layout, 'cilium-tools');
/** /run is the node's own folder. */
export const apiSocket = (layout: NodeLayout): string =>
  path(layout, 'machine', 'run', 'cilium', 'cilium.sock');

export interface AgentOptions {
  /** `never` leaves everything open, as a network without policies does. */
  readonly enforce?: 'default' | 'never';
}

/** The agent with what it needs to judge and pass on packets of one node, and no more. */
export const agentCommand = (
  layout: NodeLayout,
  kubeconfig: string,
  { enforce = 'default' }: AgentOptions,
): readonly string[] => [
  'env',
  `PATH=${toolsOf(layout)}:${process.env.PATH}`,
  `K8S_NODE_NAME=node-1`,
  pathOf('cilium-agent'),
  `--k8s-kubeconfig-path=${kubeconfig}`,
  `--lib-dir=${libraryOf(layout)}`,
  `--enable-policy=${enforce}`,
  '--cluster-name=test',
  '--identity-allocation-mode=crd',
  '--ipam=kubernetes',
  '--enable-ipv6=false',
  '--routing-mode=native',
  `--ipv4-native-routing-cidr=${pods}`,
  `--devices=${world.interface}`,
  // Nothing is masqueraded: the world knows the way back.
  '--enable-ipv4-masquerade=false',
  '--enable-host-legacy-routing=true',
  // Names are judged by a proxy for DNS, to which packets come without iptables.
  '--install-iptables-rules=false',
  '--enable-bpf-tproxy=true',
  '--external-envoy-proxy=true',
  '--enable-envoy-config=false',
  '--kube-proxy-replacement=false',
  '--enable-health-checking=false',
  '--enable-endpoint-health-checking=false',
  '--enable-hubble=false',
  '--enable-gops=false',
  '--enable-lb-ipam=false',
  '--preallocate-bpf-maps=false',
  '--cni-exclusive=false',
  '--k8s-client-qps=500',
  '--k8s-client-burst=500',
];
