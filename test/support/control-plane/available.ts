import { binariesOf, type KubernetesLine, missingBinaries } from './binaries.ts';

/**
 * Whether suites that need the real control plane can run here: `describe.skipIf(!isAvailable())`. Under CI=true they
 * always run, and fail when it is not built; elsewhere they are skipped, with a line that says how to get it.
 */
export function isAvailable(env: NodeJS.ProcessEnv = process.env, line: KubernetesLine = '1.37'): boolean {
  const missing = missingBinaries(binariesOf(line));
  if (missing.length === 0 || env.CI === 'true') return true;
  const builder = `node test/support/control-plane/build.ts${line === '1.37' ? '' : ` --only ${missing.join(',')}`}`;
  console.warn(
    `SKIPPED: tests on a real Kubernetes control plane, because ${missing.join(', ')} are not built. ` +
      `To get them (Go 1.26, about 10 minutes, once): ${builder}`,
  );
  return false;
}
