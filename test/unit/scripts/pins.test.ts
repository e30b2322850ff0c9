import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { root } from '../../../scripts/dependencies/lockfile.ts';

const cwd = fileURLToPath(root);
const read = (file: string) => readFileSync(join(cwd, file), 'utf8');
const modules = globSync('test/**/go.mod', { cwd, exclude: (name) => name.includes('node_modules') }).sort();

interface GoMod {
  readonly requires: readonly string[];
  /** Module (with or without a version) to what it is replaced by. */
  readonly replaces: ReadonlyMap<string, string>;
}

function parseGoMod(text: string): GoMod {
  const lines = text.split('\n').map((line) => line.replace(/\/\/.*/, '').trim());
  const requires: string[] = [];
  const replaces = new Map<string, string>();
  let block = '';
  for (const line of lines) {
    const [, opened] = /^(\w+) \($/.exec(line) ?? [];
    if (opened !== undefined) block = opened;
    else if (line === ')') block = '';
    else {
      const [verb = '', ...words] = block === '' ? line.split(' ') : [block, ...line.split(' ')];
      const rest = words.join(' ');
      if (verb === 'require' && rest !== '') requires.push(rest);
      if (verb === 'replace') replaces.set(rest.split(' => ')[0] ?? '', rest.split(' => ')[1] ?? '');
    }
  }
  return { requires, replaces };
}

describe.each(modules)('%s', (file) => {
  const { requires, replaces } = parseGoMod(read(file));
  const sumFile = join(dirname(file), 'go.sum');
  const sums = existsSync(join(cwd, sumFile)) ? read(sumFile) : '';

  test('has a hash of each module that it names', () => {
    const missing = requires
      .map((module) => replaces.get(module) ?? replaces.get(module.split(' ')[0] ?? '') ?? module)
      .filter((module) => !module.startsWith('.'))
      .filter((module) => !sums.includes(`${module}/go.mod h1:`) && !sums.includes(`${module} h1:`));
    expect(missing, `run go mod tidy, or go list -mod=mod -deps tool, and commit ${sumFile}`).toEqual([]);
  });

  test('goes by versions alone', () => {
    for (const module of requires) expect(module).toMatch(/^\S+ v\d+\.\d+\.\d+\S*$/);
    for (const target of replaces.values()) expect(target).toMatch(/^(\S+ v\d+\.\d+\.\d+\S*|\.\.?\/\S*)$/);
  });
});

test('the Go modules of the tests are seen', () => {
  expect(modules).toContain('test/cluster/kubernetes/go.mod');
  expect(modules).toContain('test/clients/go/go.mod');
});

test('nothing of ours lets go build past its hashes', () => {
  const sources = globSync('{src,test,scripts,bench}/**/*.{ts,sh}', { cwd }).filter(
    (file) => !file.endsWith('pins.test.ts'),
  );
  const loose = sources.filter((file) =>
    /GONOSUM|GONOSUMDB|GOFLAGS.*-mod=mod|GOINSECURE|GOSUMDB/.test(read(file)),
  );
  expect(loose).toEqual([]);
});

test('the Python client of the tests names one version of each package', () => {
  const lines = read('test/clients/python/requirements.txt').split('\n');
  const packages = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(packages.length).toBeGreaterThan(0);
  for (const line of packages) expect(line).toMatch(/^[A-Za-z0-9_.-]+==\d+(\.\d+)*$/);
});
