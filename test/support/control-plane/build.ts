import { parseArgs } from 'node:util';
import { type BinaryName, binaryNames, defaultBinaries, findBinary, isBinaryName } from './binaries.ts';
import { goBuild, type Report } from './go-build.ts';

/** Returns the path of each program, building what is neither in KUBEBUILDER_ASSETS nor in the cache. */
export async function ensureBinaries<N extends BinaryName>(
  names: readonly N[],
  report: Report = console.error,
): Promise<Readonly<Record<N, string>>> {
  const paths: Partial<Record<N, string>> = {};
  // One after the other: a single go build already uses every core, and the later ones reuse what it compiled.
  for (const name of names) paths[name] = findBinary(name) ?? (await goBuild(name, report));
  return paths as Record<N, string>;
}

const usage = `Usage: node build.ts [--only NAME,NAME...] [--list]
Builds the programs of the test control plane that are not there yet. Names: ${binaryNames().join(', ')}`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean' } } });
  const asked = values.only?.split(',').map((name) => name.trim()) ?? defaultBinaries;
  const unknown = asked.filter((name) => !isBinaryName(name));
  if (unknown.length > 0) {
    console.error(`Unknown: ${unknown.join(', ')}.\n${usage}`);
    return 2;
  }
  const names = asked.filter(isBinaryName);
  if (values.list) {
    for (const name of names) console.log(`${name}\t${findBinary(name) ?? '(missing)'}`);
    return 0;
  }
  const started = Date.now();
  const paths = await ensureBinaries(names);
  for (const name of names) console.log(`${name}\t${paths[name]}`);
  console.error(`${names.length} programs ready after ${Math.round((Date.now() - started) / 1000)} s`);
  return 0;
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: Error) => {
    console.error(error.message);
    return 1;
  });
}
