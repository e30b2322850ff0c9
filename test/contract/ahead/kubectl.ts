import { execFile } from 'node:child_process';
import type { TestCluster } from '../../support/cluster.ts';
import { findBinary } from '../../support/control-plane/binaries.ts';

/** Runs the real kubectl, and answers what it says, whatever its exit code. */
export function kubectl(
  { access }: Pick<TestCluster, 'access'>,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly said: string }> {
  const file = findBinary('kubectl');
  if (file === undefined || access.kind !== 'kubeconfig' || access.file === undefined)
    throw new Error('kubectl is not built, or the cluster has no kubeconfig');
  const all = ['--kubeconfig', access.file, ...args];
  return new Promise((resolve) =>
    execFile(file, all, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` }),
    ),
  );
}
