import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { archive } from './archive.ts';
import { tar } from './tar.ts';

const listed = (bytes: Buffer): readonly string[] =>
  execFileSync('tar', ['-tvf', '-'], { input: bytes, encoding: 'utf8' }).trim().split('\n');

const read = (bytes: Buffer, path: string): string =>
  execFileSync('tar', ['-xOf', '-', path], { input: bytes, encoding: 'utf8' });

describe('tar', () => {
  test('has files, folders and links with their modes, as tar reads them', () => {
    const bytes = tar([
      { kind: 'file', path: '/bin/agent', content: Buffer.from('x'.repeat(700)), mode: 0o755 },
      { kind: 'folder', path: 'tmp', mode: 0o1777 },
      { kind: 'link', path: 'bin/sh', to: '/bin/agent' },
    ]);
    expect(bytes.length % 512).toBe(0);
    const [file, folder, link] = listed(bytes);
    expect(file).toMatch(/^-rwxr-xr-x .*\b700\b.* bin\/agent$/);
    expect(folder).toMatch(/^drwxrwxrwt .* tmp\/?$/);
    expect(link).toMatch(/^lrwxrwxrwx .* bin\/sh -> \/bin\/agent$/);
    expect(read(bytes, 'bin/agent')).toBe('x'.repeat(700));
  });

  test('refuses a path that its format has no room for', () => {
    const path = 'a'.repeat(101);
    expect(() => tar([{ kind: 'file', path, content: Buffer.alloc(0) }])).toThrow(/too long/);
  });
});

test('images share their layers, and every digest is that of its blob', () => {
  const base = tar([{ kind: 'folder', path: 'tmp' }]);
  const own = tar([{ kind: 'folder', path: 'agents' }]);
  const bytes = archive(
    [
      { name: 'registry.example/a:1', layers: [base], entrypoint: ['/bin/sh'], user: '1000' },
      { name: 'registry.example/b:1', layers: [base, own], entrypoint: [], env: { PATH: '/bin' } },
    ],
    'amd64',
  );
  const index = JSON.parse(read(bytes, 'index.json'));
  expect(index.manifests.map((m: Manifest) => m.annotations['io.containerd.image.name'])).toEqual([
    'registry.example/a:1',
    'registry.example/b:1',
  ]);
  const blobs = listed(bytes).flatMap((line) => / (blobs\/\S+)$/.exec(line)?.[1] ?? []);
  // Two layers, two configurations, two manifests.
  expect(blobs).toHaveLength(6);
  for (const path of blobs)
    expect(createHash('sha256').update(read(bytes, path), 'utf8').digest('hex')).toBe(path.split('/').at(-1));
  const [first] = index.manifests.map(({ digest }: Manifest) =>
    JSON.parse(read(bytes, `blobs/${digest.replace(':', '/')}`)),
  );
  expect(JSON.parse(read(bytes, `blobs/${first.config.digest.replace(':', '/')}`))).toMatchObject({
    os: 'linux',
    config: { Entrypoint: ['/bin/sh'], User: '1000' },
    rootfs: { diff_ids: [first.layers[0].digest] },
  });
});

interface Manifest {
  readonly digest: string;
  readonly annotations: Readonly<Record<string, string>>;
}
