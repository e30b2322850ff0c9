import { beforeAll, describe, expect, test } from 'vitest';
import { isAllowed, toolLicences } from '../../../scripts/dependencies/licences.ts';
import { readLock, readPackageJson } from '../../../scripts/dependencies/lockfile.ts';
import { sbom, settled } from '../../../scripts/sbom.ts';

/** What CycloneDX 1.5 asks of the parts that npm writes. */
interface Bom {
  readonly $schema: string;
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly version: number;
  readonly metadata: { readonly component: Component; readonly timestamp?: string };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses: readonly { readonly license?: { readonly id?: string }; readonly expression?: string }[];
  readonly externalReferences: readonly { readonly type: string; readonly url: string }[];
}

const lock = readLock();

describe.each([
  { scope: 'shipped', packages: lock.filter((one) => !one.dev) },
  { scope: 'all', packages: lock },
] as const)('the bill of materials, $scope', ({ scope, packages }) => {
  let text: string;
  let bom: Bom;

  beforeAll(() => {
    text = sbom(scope);
    bom = JSON.parse(text) as Bom;
  });

  test('has every package of the lock file, with its content’s hash, and no other', () => {
    const wanted = packages.map(({ name, version, integrity = '' }) => {
      const hash = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
      return `${name} ${version} ${hash}`;
    });
    const there = bom.components.map(({ name, version, hashes }) => {
      expect(hashes?.map(({ alg }) => alg)).toEqual(['SHA-512']);
      return `${name} ${version} ${hashes?.[0]?.content}`;
    });
    expect(there.sort()).toEqual([...new Set(wanted)].sort());
  });

  test('is well-formed CycloneDX 1.5', () => {
    expect(bom).toMatchObject({
      $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      version: 1,
    });
    expect(bom.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const { name, version } = readPackageJson();
    expect(bom.metadata.component).toMatchObject({ type: 'application', name, version });
    const refs = [bom.metadata.component, ...bom.components].map((one) => one['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    expect(bom.dependencies.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
    for (const { dependsOn } of bom.dependencies)
      expect(dependsOn.filter((ref) => !refs.includes(ref))).toEqual([]);
    for (const one of bom.components) {
      expect(one.purl).toBe(`pkg:npm/${one.name.replace('@', '%40')}@${one.version}`);
      expect(one.licenses).toHaveLength(1);
      const { license, expression } = one.licenses[0] ?? {};
      expect(isAllowed(license?.id ?? expression ?? '', toolLicences), one.name).toBe(true);
    }
  });

  test('is the same each time, and names no time, folder or download', () => {
    expect(sbom(scope)).toBe(text);
    expect(bom.metadata.timestamp).toBeUndefined();
    expect(
      bom.components.flatMap((one) => one.externalReferences.filter(({ type }) => type === 'distribution')),
    ).toEqual([]);
  });
});

test('another content has another serial number, another time has not', () => {
  const of = (serialNumber: string, timestamp: string, name: string) => ({
    serialNumber,
    metadata: { timestamp, component: { 'bom-ref': 'ours@1', name } },
    components: [],
    dependencies: [],
  });
  expect(settled(of('b', 'later', 'other'), 'ours')).toEqual(settled(of('a', 'now', 'folder'), 'ours'));
  expect(settled(of('a', 'now', 'folder'), 'theirs').serialNumber).not.toBe(
    settled(of('a', 'now', 'folder'), 'ours').serialNumber,
  );
});
