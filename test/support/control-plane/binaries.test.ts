import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isAvailable } from './available.ts';
import {
  binariesOf,
  binaryNames,
  cachePath,
  controlPlaneBinaries,
  findBinary,
  missingBinaries,
  requiredVersion,
  versionOf,
} from './binaries.ts';
import { linkerFlags } from './go-build.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const goMod = `module example

go 1.26.0

tool example.org/a/cmd/a

require example.org/a v1.2.3

require (
	example.org/a/v3 v3.4.5 // indirect
	example.org/b v0.0.0-20260101 // indirect
)

replace example.org/c => example.org/c v9.9.9
`;

describe('versions come from go.mod alone', () => {
  test.each([
    ['example.org/a', 'v1.2.3'],
    ['example.org/a/v3', 'v3.4.5'],
    ['example.org/b', 'v0.0.0-20260101'],
  ])('%s is %s', (dependency, want) => expect(requiredVersion(goMod, dependency)).toBe(want));

  test('a dependency that is not required has none', () => {
    expect(() => requiredVersion(goMod, 'example.org/none')).toThrow(
      'go.mod does not require example.org/none',
    );
  });

  test('every program has one', () => {
    const versions = Object.fromEntries(binaryNames().map((name) => [name, versionOf(name)]));
    expect(versions).toMatchObject({
      etcd: 'v3.7.3',
      'kube-apiserver': 'v1.37.2',
      kwok: 'v0.8.0',
      pki: 'source',
    });
    expect(versions).toMatchObject({ grpcurl: 'v1.9.4', 'grpc-health-probe': 'v0.4.61' });
    expect(versions).toMatchObject({
      reachability: 'v0.5.6',
      kubelet: 'v1.37.2',
      'cilium-agent': 'v1.20.2',
      'kube-apiserver-1.30': 'v1.30.14',
    });
  });
});

test('only the Kubernetes programs are stamped with their version', () => {
  expect(linkerFlags('etcd', 'v3.7.3')).toBe('-s -w');
  expect(linkerFlags('kubectl', 'v1.37.2')).toBe(
    '-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2 ' +
      '-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37',
  );
  expect(linkerFlags('kube-scheduler-1.30', 'v1.30.14')).toContain('version.gitVersion=v1.30.14 ');
});

test('a line has its own Kubernetes and shares the rest', () => {
  expect(binariesOf('1.37')).toEqual(controlPlaneBinaries);
  expect(binariesOf('1.30')).toEqual([
    'pki',
    'supervise',
    'etcd',
    'kube-apiserver-1.30',
    'kube-controller-manager-1.30',
    'kube-scheduler-1.30',
    'kubectl',
    'kwok',
  ]);
});

describe('where programs are looked for', () => {
  test('in the cache of the user, under version, platform and what they are built from', () => {
    vi.stubEnv('XDG_CACHE_HOME', '/somewhere');
    const { platform, arch } = process;
    expect(cachePath('kubectl')).toMatch(
      new RegExp(
        `^/somewhere/glip-executor/bin/kubernetes-v1\\.37\\.2-${platform}-${arch}-[0-9a-f]{12}/kubectl$`,
      ),
    );
  });

  test('KUBEBUILDER_ASSETS comes first, and what it lacks is missing', () => {
    const assets = mkdtempSync(join(tmpdir(), 'assets-'));
    writeFileSync(join(assets, 'etcd'), '');
    vi.stubEnv('KUBEBUILDER_ASSETS', assets);
    vi.stubEnv('XDG_CACHE_HOME', join(assets, 'empty'));
    expect(findBinary('etcd')).toBe(join(assets, 'etcd'));
    expect(missingBinaries(['etcd', 'kwok'])).toEqual(['kwok']);
  });

  test('without them the suites are skipped, loudly; under CI they are not', () => {
    vi.stubEnv('XDG_CACHE_HOME', '/nowhere');
    vi.stubEnv('KUBEBUILDER_ASSETS', '');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(isAvailable({})).toBe(false);
    expect(warn.mock.lastCall?.[0]).toMatch(
      /^SKIPPED: .*To get them .*node test\/support\/control-plane\/build\.ts$/,
    );
    expect(isAvailable({ CI: 'true' })).toBe(true);
  });
});
