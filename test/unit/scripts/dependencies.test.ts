import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isAllowed, shippedLicences, toolLicences } from '../../../scripts/dependencies/licences.ts';
import {
  type LockedPackage,
  lockedPackages,
  readLock,
  readPackageJson,
  root,
} from '../../../scripts/dependencies/lockfile.ts';
import { dependenciesPage } from '../../../scripts/dependencies/page.ts';
import { reasons, scriptReasons } from '../../../scripts/dependencies/reasons.ts';

const json = readPackageJson();
const lock = readLock();
const direct = { ...json.dependencies, ...json.devDependencies };
const named = ({ name, version }: LockedPackage) => `${name} ${version}`;

/** Nothing is wrong with any of them; else the message says what to do. */
function expectNone(wrong: readonly string[], remedy: string): void {
  expect(wrong, remedy).toEqual([]);
}

describe('package.json', () => {
  test('names one version of each package', () => {
    expectNone(
      Object.entries(direct).flatMap(([name, version]) =>
        /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) ? [] : [`${name} ${version}`],
      ),
      'write the version itself: no ^, ~, tag or address',
    );
  });

  test('and the lock file has that one', () => {
    const locked = new Map(lock.map(({ path, version }) => [path, version]));
    expectNone(
      Object.entries(direct).flatMap(([name, version]) =>
        locked.get(`node_modules/${name}`) === version ? [] : [`${name} ${version}`],
      ),
      'run npm install',
    );
  });

  test('says why each package is there', () => {
    expectNone(
      Object.keys(direct).filter((name) => !reasons[name]),
      'add a line to scripts/dependencies/reasons.ts, then npm run fix:docs; can it be done without the package?',
    );
    expectNone(
      Object.keys(reasons).filter((name) => !(name in direct)),
      'take the line out of scripts/dependencies/reasons.ts',
    );
  });
});

describe('package-lock.json', () => {
  test('holds the content of each package by a hash', () => {
    expectNone(
      lock.filter(({ integrity }) => !integrity?.startsWith('sha512-')).map(named),
      'npm has written no hash: is it a link, a git address or a folder? Only packages of a registry are allowed',
    );
  });

  test('has no addresses, so that any mirror will do', () => {
    expectNone(
      lock.filter(({ resolved }) => resolved !== undefined).map(named),
      'npm has not read .npmrc (omit-lockfile-registry-resolved): run npm install in the folder of package.json',
    );
    expect(readFileSync(new URL('package-lock.json', root), 'utf8')).not.toMatch(
      /https?:\/\/(?!.*funding)[^"]*\.tgz/,
    );
  });

  test('has licences that are allowed', () => {
    expectNone(
      lock
        .filter(({ licence = '', dev }) => !isAllowed(licence, dev ? toolLicences : shippedLicences))
        .map(named),
      'read the licence of each; if it asks for nothing that we cannot give, add it to scripts/dependencies/licences.ts, else do without the package',
    );
  });

  test('has no program that runs at installation unseen', () => {
    const scripts = [...new Set(lock.filter((one) => one.installScript).map(({ name }) => name))];
    expectNone(
      scripts.filter((name) => !(name in json.allowScripts)),
      'read the script; deny it in package.json (allowScripts: false) unless nothing works without it, and say why in scripts/dependencies/reasons.ts',
    );
    expectNone(
      Object.keys(json.allowScripts).filter((name) => !scripts.includes(name)),
      'take the line out of allowScripts: it would allow what comes later under that name',
    );
    expectNone(
      Object.keys(json.allowScripts).filter((name) => !scriptReasons[name]),
      'say why in scripts/dependencies/reasons.ts',
    );
  });

  test('lets nothing that is shipped run a program at installation', () => {
    const shipped = lock.filter(({ installScript, dev }) => installScript && !dev).map(({ name }) => name);
    expectNone(
      shipped.filter((name) => json.allowScripts[name] !== false),
      'deny it in package.json (allowScripts: false), or do without the package',
    );
  });
});

test('docs/dependencies.md is as the lock file is; fix: npm run fix:docs', () => {
  expect(readFileSync(new URL('docs/dependencies.md', root), 'utf8')).toBe(dependenciesPage());
});

test('the page lists every package', () => {
  const page = dependenciesPage();
  expect(lock.length).toBeGreaterThan(200);
  expectNone(
    lock.filter((one) => !page.includes(named(one))).map(named),
    'scripts/dependencies/page.ts leaves it out',
  );
});

test('a lock file is read by place, name and version', () => {
  const text = JSON.stringify({
    packages: {
      '': { name: 'ours', version: '1.0.0' },
      'node_modules/@a/b': {
        version: '1.2.3',
        license: 'MIT',
        integrity: 'sha512-x',
        hasInstallScript: true,
      },
      'node_modules/@a/b/node_modules/c': { version: '2.0.0', dev: true, resolved: 'file:c' },
    },
  });
  expect(lockedPackages(text)).toEqual([
    {
      path: 'node_modules/@a/b',
      name: '@a/b',
      version: '1.2.3',
      licence: 'MIT',
      integrity: 'sha512-x',
      resolved: undefined,
      installScript: true,
      dev: false,
    },
    {
      path: 'node_modules/@a/b/node_modules/c',
      name: 'c',
      version: '2.0.0',
      licence: undefined,
      integrity: undefined,
      resolved: 'file:c',
      installScript: false,
      dev: true,
    },
  ]);
});

test.each([
  ['MIT', true],
  ['GPL-3.0-only', false],
  ['', false],
  ['MIT OR GPL-3.0-only', true],
  ['GPL-3.0-only OR MIT', true],
  ['MIT AND GPL-3.0-only', false],
  ['GPL-3.0-only AND MIT', false],
  ['(MIT AND ISC)', true],
  ['MIT AND (GPL-2.0-only OR ISC)', true],
  ['MIT OR ISC AND GPL-2.0-only', true],
  ['GPL-2.0-only AND MIT OR ISC', true],
  ['(MIT OR ISC) AND GPL-2.0-only', false],
  ['(MIT', false],
  ['MIT)', false],
  ['MIT ISC', false],
  ['MIT OR', false],
  ['OR MIT', false],
  ['Apache-2.0 WITH LLVM-exception', false],
  ['SEE LICENSE IN LICENSE.md', false],
  ['UNLICENSED', false],
])('licence %s: %s', (expression, allowed) => {
  expect(isAllowed(expression, shippedLicences)).toBe(allowed);
});
