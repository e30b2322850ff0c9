import { join } from 'node:path';
import type { KubernetesLine } from './binaries.ts';

/** Everything the command lines are made of. */
export interface Layout {
  readonly line: KubernetesLine;
  readonly directory: string;
  readonly apiServerPort: number;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
  readonly extraFlags: {
    readonly apiServer: readonly string[];
    readonly controllerManager: readonly string[];
    readonly scheduler: readonly string[];
  };
}

export const pkiDirectory = (layout: Layout): string => join(layout.directory, 'pki');
export const adminKubeconfig = (layout: Layout): string => join(layout.directory, 'admin.kubeconfig');
export const kwokFile = (layout: Layout): string => join(layout.directory, 'kwok.yaml');
export const serverUrl = (layout: Layout): string => `https://127.0.0.1:${layout.apiServerPort}`;

const inPki = (layout: Layout, file: string): string => join(pkiDirectory(layout), file);

export const etcdDirectory = (layout: Layout): string => join(layout.directory, 'etcd');

export function etcdFlags(layout: Layout): readonly string[] {
  const client = `http://127.0.0.1:${layout.etcdPort}`;
  const peer = `http://127.0.0.1:${layout.etcdPeerPort}`;
  return [
    `--data-dir=${etcdDirectory(layout)}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // The data dies with the test; waiting for the disk would only slow it down.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

export function apiServerFlags(layout: Layout): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${layout.apiServerPort}`,
    // It refuses to advertise a loopback address otherwise.
    '--endpoint-reconciler-type=none',
    `--cert-dir=${join(layout.directory, 'generated')}`,
    `--client-ca-file=${inPki(layout, 'ca.crt')}`,
    `--tls-cert-file=${inPki(layout, 'apiserver.crt')}`,
    `--tls-private-key-file=${inPki(layout, 'apiserver.key')}`,
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${inPki(layout, 'service-account.pub')}`,
    `--service-account-signing-key-file=${inPki(layout, 'service-account.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--allow-privileged=true',
    `--kubelet-client-certificate=${inPki(layout, 'admin.crt')}`,
    `--kubelet-client-key=${inPki(layout, 'admin.key')}`,
    ...layout.extraFlags.apiServer,
  ];
}

export function controllerManagerFlags(layout: Layout): readonly string[] {
  return [
    ...clientFlags(layout),
    '--use-service-account-credentials',
    `--service-account-private-key-file=${inPki(layout, 'service-account.key')}`,
    `--root-ca-file=${inPki(layout, 'ca.crt')}`,
    '--concurrent-job-syncs=20',
    '--kube-api-qps=5000',
    '--kube-api-burst=5000',
    ...layout.extraFlags.controllerManager,
  ];
}

export function schedulerFlags(layout: Layout): readonly string[] {
  return [
    ...clientFlags(layout),
    '--kube-api-qps=5000',
    '--kube-api-burst=5000',
    ...layout.extraFlags.scheduler,
  ];
}

/** Label of the nodes that kwok plays; a real node in the same control plane does not carry it. */
export const fakeNodeLabel = { key: 'type', value: 'kwok' } as const;

export function kwokFlags(layout: Layout): readonly string[] {
  return [
    `--kubeconfig=${adminKubeconfig(layout)}`,
    `--config=${kwokFile(layout)}`,
    `--manage-nodes-with-label-selector=${fakeNodeLabel.key}=${fakeNodeLabel.value}`,
    '--cidr=10.64.0.0/12',
  ];
}

// Nobody asks these two anything over HTTP, so they listen nowhere: fewer ports to collide.
function clientFlags(layout: Layout): readonly string[] {
  return [`--kubeconfig=${adminKubeconfig(layout)}`, '--leader-elect=false', '--secure-port=0'];
}
