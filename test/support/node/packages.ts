import { existsSync } from 'node:fs';
import { missingBinaries } from '../control-plane/binaries.ts';
import { mustRun } from '../control-plane/program.ts';

/** Debian's packages, and a file that each brings. */
export type Packages = Readonly<Record<string, string>>;

/** What makes a node of this machine. */
export const nodePackages: Packages = {
  containerd: '/usr/bin/containerd',
  runc: '/usr/sbin/runc',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  iproute2: '/bin/ip',
  'busybox-static': '/bin/busybox',
};

const missingIn = (packages: Packages): readonly string[] =>
  Object.entries(packages).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));

const installCommand = (names: readonly string[]): string =>
  `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`;

/** Installs what is missing; nothing happens where all is there. */
export async function installPackages(
  report: (line: string) => void,
  packages: Packages = nodePackages,
): Promise<void> {
  const missing = missingIn(packages);
  if (missing.length === 0) return;
  report(`installing ${missing.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await mustRun('sh', ['-c', installCommand(missing)], { env, timeoutMs: 300_000 });
}

/** Why this machine cannot be a node, and what mends it; undefined when it can. */
export function whyNoContainers(packages: Packages = nodePackages): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux, on which containers run';
  if (process.getuid?.() !== 0)
    return 'it needs root, to make containers; mend it with: sudo -E npm run test:node';
  const missing = missingIn(packages);
  if (missing.length > 0)
    return `${missing.join(', ')} are not installed; mend it with: ${installCommand(missing)}`;
  return undefined;
}

/** Why no real node can run here now, and what mends it; undefined when one can. */
export function whyNoNode(): string | undefined {
  const why = whyNoContainers();
  if (why !== undefined) return why;
  const unbuilt = [...missingBinaries(), ...missingBinaries(['kubelet'])];
  if (unbuilt.length === 0) return undefined;
  return `${unbuilt.join(', ')} are not built; mend it with: node test/support/control-plane/build.ts --only ${unbuilt.join(',')}`;
}

/**
 * Whether the suites on a real node can run here: `describe.skipIf(!isNodeAvailable())`. Under CI=true they always run,
 * and fail when something is missing; elsewhere they are skipped, with a line that says why.
 */
export function isNodeAvailable(env: NodeJS.ProcessEnv = process.env): boolean {
  const why = whyNoNode();
  if (why === undefined || env.CI === 'true') return true;
  console.warn(`SKIPPED: tests on a real node, because ${why}`);
  return false;
}
