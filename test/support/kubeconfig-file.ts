import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterAccess } from '../../src/kube/kubeconfig.ts';

/** The path of a kubeconfig for that access, for programs that run by themselves. Written into the directory where there is none yet. */
export async function kubeconfigFile(access: ClusterAccess, directory: string): Promise<string> {
  if (access.kind === 'kubeconfig' && access.file !== undefined) return access.file;
  if (access.kind !== 'fixed') throw new Error(`no kubeconfig can be made of ${access.kind}`);
  const { server, token } = access;
  const path = join(directory, 'kubeconfig.json');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
