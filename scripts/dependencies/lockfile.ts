import { readFileSync } from 'node:fs';

/** One package of package-lock.json. */
export interface LockedPackage {
  /** Its place in node_modules. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as its author has written it. */
  readonly licence: string | undefined;
  readonly integrity: string | undefined;
  /** Where it was downloaded from; ours has none. */
  readonly resolved: string | undefined;
  /** npm would run a program of this package when it is installed. */
  readonly installScript: boolean;
  /** Only our own tools and tests need it. */
  readonly dev: boolean;
}

/** What package.json says that npm goes by. */
export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

export const root = new URL('../../', import.meta.url);

interface LockEntry {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
}

/** All packages of a lock file but the project itself, in the order of their names. */
export function lockedPackages(text: string): readonly LockedPackage[] {
  const { packages } = JSON.parse(text) as { packages: Record<string, LockEntry> };
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({
      path,
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version ?? '',
      licence: entry.license,
      integrity: entry.integrity,
      resolved: entry.resolved,
      installScript: entry.hasInstallScript === true,
      dev: entry.dev === true,
    }))
    .sort((a, b) => (a.name + a.version < b.name + b.version ? -1 : 1));
}

export function readLock(): readonly LockedPackage[] {
  return lockedPackages(readFileSync(new URL('package-lock.json', root), 'utf8'));
}

export function readPackageJson(): PackageJson {
  return JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as PackageJson;
}
