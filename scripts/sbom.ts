import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readPackageJson, root } from './dependencies/lockfile.ts';

/** The parts of a CycloneDX 1.5 document that we touch; the rest is handed on as npm made it. */
interface Bom {
  readonly serialNumber: string;
  readonly metadata: {
    readonly timestamp?: string;
    readonly component: Component & { readonly name: string };
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Component {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string }[];
}

/**
 * The bill of materials that npm makes of package-lock.json, as text. The same lock file and the same npm give the same bytes:
 * the time is left out, the serial number is made from the content, and the name is the project's, not the folder's.
 */
export function sbom(scope: 'shipped' | 'all'): string {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
  const { status, stdout, stderr, error } = spawnSync('npm', args, {
    cwd: fileURLToPath(root),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`npm sbom: ${error?.message ?? stderr}`);
  const bom = JSON.parse(stdout) as Bom;
  return `${JSON.stringify(settled(scope === 'all' ? bom : withoutTools(bom), readPackageJson().name), null, 2)}\n`;
}

/**
 * What is shipped. npm's own `--omit dev` (11.19) leaves out packages that both we and a tool need, such as yaml, although it marks
 * them rightly; so its marks are gone by.
 */
export function withoutTools(bom: Bom): Bom {
  const components = bom.components.filter(
    ({ properties = [] }) => !properties.some(({ name }) => name === 'cdx:npm:package:development'),
  );
  const kept = new Set([bom.metadata.component, ...components].map((one) => one['bom-ref']));
  const dependencies = bom.dependencies
    .filter(({ ref }) => kept.has(ref))
    .map((one) => ({ ...one, dependsOn: one.dependsOn.filter((ref) => kept.has(ref)) }));
  return { ...bom, components, dependencies };
}

/** Without what differs from run to run. */
export function settled(bom: Bom, name: string): Bom {
  const { timestamp: _, ...metadata } = bom.metadata;
  const rest = { ...bom, metadata: { ...metadata, component: { ...metadata.component, name } } };
  const hash = createHash('sha256')
    .update(JSON.stringify({ ...rest, serialNumber: '' }))
    .digest('hex');
  return { ...rest, serialNumber: `urn:uuid:${uuidOf(hash)}` };
}

/** RFC 9562 section 5.8: a UUID whose bits are our own. */
function uuidOf(hash: string): string {
  const parts = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `a${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ];
  return parts.join('-');
}

function main(): void {
  const { values, positionals } = parseArgs({
    options: { all: { type: 'boolean' } },
    allowPositionals: true,
  });
  const text = sbom(values.all ? 'all' : 'shipped');
  const [file] = positionals;
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
}

if (import.meta.main) main();
