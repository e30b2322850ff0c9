import { shippedLicences, toolLicences } from './licences.ts';
import { type LockedPackage, type PackageJson, readLock, readPackageJson } from './lockfile.ts';
import { reasons, scriptReasons } from './reasons.ts';

/** docs/dependencies.md, made from package.json, package-lock.json and reasons.ts. */
export function dependenciesPage(
  json: PackageJson = readPackageJson(),
  lock: readonly LockedPackage[] = readLock(),
): string {
  const shipped = lock.filter((one) => !one.dev);
  const tools = lock.filter((one) => one.dev);
  const lines = [
    '# Dependencies',
    '',
    'Made from `package-lock.json` by `npm run fix:docs`; `test/unit/scripts/dependencies.test.ts` holds it, and says what to do about a new',
    'package. What else is promised of dependencies stands in [security.md](security.md#dependencies). `npm run sbom` writes the same as CycloneDX.',
    '',
    `## What runs: ${shipped.length} packages`,
    '',
    ...directTable(json.dependencies, lock),
    '',
    'All of them, by licence. Allowed here:',
    `${shippedLicences.join(', ')}.`,
    '',
    ...licenceTable(shipped),
    '',
    `## What builds and tests: ${tools.length} packages`,
    '',
    ...directTable(json.devDependencies, lock),
    '',
    `Allowed here, beside those: ${toolLicences.filter((one) => !shippedLicences.includes(one)).join(', ')}. Packages for other platforms are among them.`,
    '',
    ...licenceTable(tools),
    '',
    '## Programs at installation',
    '',
    'npm runs none but those that `allowScripts` in package.json allows, and `.npmrc` makes any other an error (npm 11). They are allowed by',
    'name: the lock file has no addresses of downloads, and npm pins by address alone. Their content is held by its hash in the lock file.',
    '',
    '| package | allowed | |',
    '| --- | --- | --- |',
    ...Object.entries(json.allowScripts).map(
      ([name, allowed]) => `| ${name} | ${allowed ? 'yes' : 'no'} | ${scriptReasons[name] ?? ''} |`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function directTable(
  direct: Readonly<Record<string, string>>,
  packages: readonly LockedPackage[],
): readonly string[] {
  const licenceOf = (name: string) => packages.find((one) => one.path === `node_modules/${name}`)?.licence;
  return [
    '| package | version | licence | why |',
    '| --- | --- | --- | --- |',
    ...Object.entries(direct).map(
      ([name, version]) => `| ${name} | ${version} | ${licenceOf(name) ?? ''} | ${reasons[name] ?? ''} |`,
    ),
  ];
}

function licenceTable(packages: readonly LockedPackage[]): readonly string[] {
  const byLicence = Map.groupBy(packages, (one) => one.licence ?? '');
  const rows = [...byLicence].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '| licence | packages |',
    '| --- | --- |',
    ...rows.map(([licence, ones]) => `| ${licence} | ${[...new Set(ones.map(named))].join(', ')} |`),
  ];
}

const named = ({ name, version }: LockedPackage): string => `${name} ${version}`;
