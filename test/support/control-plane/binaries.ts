import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Everything the tests run that is not Node: one name per program, as its file is called. */
export type BinaryName = keyof typeof catalogue;

/** Where a program comes from: a Go module of ours under test/cluster, and the package to build there. */
export interface Source {
  /** Folder under test/cluster that holds go.mod. */
  readonly module: string;
  readonly package: string;
  /** The dependency whose version is the program's version; absent for programs of our own. */
  readonly versionOf?: string;
  /** Go's build tags. */
  readonly tags?: string;
}

export const ciliumModule = 'github.com/cilium/cilium';

const kubernetes = (command: string, module = 'kubernetes'): Source => ({
  module,
  package: `k8s.io/kubernetes/cmd/${command}`,
  versionOf: 'k8s.io/kubernetes',
});

/** Looks up no user or group through a libc, which a build without cgo does not have. */
const cilium = (folder: string): Source => ({
  module: 'cilium',
  package: `${ciliumModule}/${folder}`,
  versionOf: ciliumModule,
  tags: 'osusergo',
});

const catalogue = {
  pki: { module: 'tools', package: './pki' },
  supervise: { module: 'tools', package: './supervise' },
  etcd: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3', versionOf: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kubectl: kubernetes('kubectl'),
  kwok: { module: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', versionOf: 'sigs.k8s.io/kwok' },
  grpcurl: {
    module: 'grpcurl',
    package: 'github.com/fullstorydev/grpcurl/cmd/grpcurl',
    versionOf: 'github.com/fullstorydev/grpcurl',
  },
  'grpc-health-probe': {
    module: 'grpc-health-probe',
    package: 'github.com/grpc-ecosystem/grpc-health-probe',
    versionOf: 'github.com/grpc-ecosystem/grpc-health-probe',
  },
  reachability: {
    module: 'cyclonus',
    package: '.',
    versionOf: 'github.com/mattfenwick/cyclonus',
  },
  registry: {
    module: 'registry',
    package: 'github.com/distribution/distribution/v3/cmd/registry',
    versionOf: 'github.com/distribution/distribution/v3',
  },
  cosign: {
    module: 'cosign',
    package: 'github.com/sigstore/cosign/v3/cmd/cosign',
    versionOf: 'github.com/sigstore/cosign/v3',
  },
  sigstore: { module: 'cosign', package: './sigstore' },
  kubelet: kubernetes('kubelet'),
  'cilium-agent': cilium('daemon'),
  'cilium-cni': cilium('plugins/cilium-cni'),
  'kube-apiserver-1.30': kubernetes('kube-apiserver', 'kubernetes-1.30'),
  'kube-controller-manager-1.30': kubernetes('kube-controller-manager', 'kubernetes-1.30'),
  'kube-scheduler-1.30': kubernetes('kube-scheduler', 'kubernetes-1.30'),
} as const satisfies Record<string, Source>;

/** The lines of Kubernetes that a control plane can be of: the newest, and the oldest that builds. */
export type KubernetesLine = '1.37' | '1.30';

const versioned = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
] as const satisfies readonly BinaryName[];

/** The program of that line; etcd, kwok and kubectl are the same for all. */
export function ofLine(name: BinaryName, line: KubernetesLine): BinaryName {
  const one = versioned.find((v) => v === name);
  return line === '1.30' && one !== undefined ? `${one}-1.30` : name;
}

/** What startControlPlane needs for the newest line. */
export const controlPlaneBinaries = [
  'pki',
  'supervise',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kwok',
] as const satisfies readonly BinaryName[];

/** What it needs for a line. */
export const binariesOf = (line: KubernetesLine): readonly BinaryName[] =>
  controlPlaneBinaries.map((name) => ofLine(name, line));

/** What a network that enforces policies needs beside. */
export const ciliumBinaries = ['cilium-agent', 'cilium-cni'] as const satisfies readonly BinaryName[];

/** Built when nothing else is asked for; the kubelet and Cilium are for real nodes only, and asked for by name. */
export const defaultBinaries: readonly BinaryName[] = [
  ...controlPlaneBinaries,
  'grpcurl',
  'grpc-health-probe',
];

const clusterDirectory = join(import.meta.dirname, '..', '..', 'cluster');

export const sourceOf = (name: BinaryName): Source => catalogue[name];
export const moduleDirectory = (name: BinaryName): string => join(clusterDirectory, catalogue[name].module);
export const isBinaryName = (name: string): name is BinaryName => Object.hasOwn(catalogue, name);
export const binaryNames = (): readonly BinaryName[] => Object.keys(catalogue).filter(isBinaryName);

/** The version of one dependency as go.mod requires it: go.mod is the only place that names versions. */
export function requiredVersion(goMod: string, dependency: string): string {
  for (const line of goMod.split('\n')) {
    const [path, version] = line
      .replace(/^\s*require\s/, '')
      .trim()
      .split(/\s+/);
    if (path === dependency && version?.startsWith('v')) return version;
  }
  throw new Error(`go.mod does not require ${dependency}`);
}

/** The version to report: of the dependency, or `source` for a program of our own. */
export function versionOf(name: BinaryName): string {
  const { versionOf: dependency } = sourceOf(name);
  if (dependency === undefined) return 'source';
  return requiredVersion(readFileSync(join(moduleDirectory(name), 'go.mod'), 'utf8'), dependency);
}

/** Where a built program is kept: outside the checkout, under a key that changes with whatever it is built from. */
export function cachePath(name: BinaryName): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const key = [sourceOf(name).module, versionOf(name), process.platform, process.arch, fingerprint(name)];
  return join(cache, 'glip-executor', 'bin', key.join('-'), name);
}

/** The program's path if it is there: from KUBEBUILDER_ASSETS first, else from the cache. */
export function findBinary(name: BinaryName): string | undefined {
  const assets = process.env.KUBEBUILDER_ASSETS;
  const candidates = assets ? [join(assets, name), cachePath(name)] : [cachePath(name)];
  return candidates.find((path) => existsSync(path));
}

export const missingBinaries = (names: readonly BinaryName[] = controlPlaneBinaries): readonly BinaryName[] =>
  names.filter((name) => findBinary(name) === undefined);

function fingerprint(name: BinaryName): string {
  const root = moduleDirectory(name);
  const hash = createHash('sha256');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((path) => /\.(go|mod|sum)$/.test(path)).sort()) {
    hash.update(`${file.replaceAll('\\', '/')}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex').slice(0, 12);
}
