import type { ClusterAccess } from './cluster-access.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { plainCredentials } from './plain-kubeconfig.ts';
import { checkedServer } from './server-url.ts';

export type { ClusterAccess } from './cluster-access.ts';

/**
 * The source of credentials for a way into a cluster. Does no I/O until it is called. `env` is where kubectl's chain and the pod's service
 * account are looked for; without it client-node finds them.
 */
export function credentialSource(
  access: ClusterAccess,
  env: Readonly<Record<string, string | undefined>> = {},
): CredentialSource {
  if (access.kind === 'fixed') {
    const headers: Record<string, string> = access.token ? { authorization: `Bearer ${access.token}` } : {};
    const fixed: Credentials = { server: checkedServer(access.server), headers, tls: {} };
    return async () => fixed;
  }
  let full: CredentialSource | undefined;
  return async (options) => {
    const plain = plainCredentials(access, env);
    if (plain !== undefined) return { ...plain, server: checkedServer(plain.server) };
    full ??= (await import('./client-node-source.ts')).clientNodeSource(access);
    return full(options);
  };
}
