import { ciliumBinaries, missingBinaries } from '../control-plane/binaries.ts';
import { installPackages, nodePackages, whyNoContainers, whyNoNode } from '../node/packages.ts';

/** The agent compiles its programs for the kernel, and asks for clang 17 or newer. */
export const clang = '/usr/bin/clang-19';
const packages = { ...nodePackages, 'clang-19': clang };

export const installCiliumPackages = (report: (line: string) => void): Promise<void> =>
  installPackages(report, packages);

/** Why no network with policies can run here, built or not, and what mends it; undefined when one can. */
export function whyNoPolicies(): string | undefined {
  return whyNoContainers(packages);
}

/** As `isNodeAvailable`, for suites that want a network with policies. */
export function isCiliumAvailable(env: NodeJS.ProcessEnv = process.env): boolean {
  const unbuilt = missingBinaries(ciliumBinaries);
  const why =
    whyNoPolicies() ??
    whyNoNode() ??
    (unbuilt.length === 0
      ? undefined
      : `${unbuilt.join(', ')} are not built; mend it with: node test/support/control-plane/build.ts --only ${unbuilt.join(',')}`);
  if (why === undefined || env.CI === 'true') return true;
  console.warn(`SKIPPED: tests on a network with policies, because ${why}`);
  return false;
}
