import type { RequestOptions } from 'node:https';
import { type Cluster, KubeConfig, type User } from '@kubernetes/client-node';
import type { ClusterAccess } from './cluster-access.ts';
import {
  type CredentialSource,
  type Credentials,
  CredentialsError,
  type TlsMaterial,
} from './credentials.ts';
import { checkedServer } from './server-url.ts';

/**
 * Credentials of every kind that client-node knows: exec plugins, OIDC, merged files. Loaded only when `plainCredentials` cannot read them:
 * its generated API, which nobody here uses, costs 70 MiB and half a second at the start of the process.
 */
export function clientNodeSource(access: Exclude<ClusterAccess, { kind: 'fixed' }>): CredentialSource {
  return kubeConfigSource(() => load(access));
}

function load(access: Exclude<ClusterAccess, { kind: 'fixed' }>): KubeConfig {
  const config = new KubeConfig();
  if (access.kind === 'in-cluster') {
    config.loadFromCluster();
    return config;
  }
  if (access.file) config.loadFromFile(access.file);
  else config.loadFromDefault();
  if (access.context) config.setCurrentContext(access.context);
  return config;
}

/**
 * Loads a KubeConfig afresh at each reading, which drops FileAuth's cache and sees rotated files. A user with an exec
 * plugin or OIDC keeps its KubeConfig while nothing changed, since those caches know their own expiry and a new one
 * would run the plugin every half minute.
 */
function kubeConfigSource(loadConfig: () => KubeConfig): CredentialSource {
  let kept: { readonly config: KubeConfig; readonly fingerprint: string } | undefined;
  return async ({ force }) => {
    try {
      const fresh = loadConfig();
      const { cluster, user } = currentOf(fresh);
      const fingerprint = JSON.stringify([cluster, user]);
      const config = !force && kept?.fingerprint === fingerprint && hasOwnCache(user) ? kept.config : fresh;
      kept = { config, fingerprint };
      return await credentialsOf(config);
    } catch (error) {
      throw error instanceof CredentialsError ? error : new CredentialsError(describe(error));
    }
  };
}

function currentOf(config: KubeConfig): { cluster: Cluster; user: User | undefined } {
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    throw new CredentialsError(`the kubeconfig has no cluster for context "${config.getCurrentContext()}"`);
  }
  return { cluster, user: config.getCurrentUser() ?? undefined };
}

const hasOwnCache = (user: User | undefined): boolean =>
  user?.exec !== undefined || ['oidc', 'exec', 'gcp', 'azure'].includes(user?.authProvider?.name ?? '');

async function credentialsOf(config: KubeConfig): Promise<Credentials> {
  const { cluster, user } = currentOf(config);
  const server = checkedServer(cluster.server);
  if (server.startsWith('http:')) {
    // client-node refuses plain HTTP without skipTLSVerify; checkedServer has made sure that it stays on this machine.
    config.clusters = config.clusters.map((other) =>
      other.name === cluster.name ? { ...other, skipTLSVerify: true } : other,
    );
  }
  const options: RequestOptions = { headers: {} };
  await config.applyToHTTPSOptions(options);
  const headers = headersOf(options, user);
  const tls = server.startsWith('https:') ? tlsOf(options) : {};
  return { server, headers, tls, ...(cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}) };
}

function headersOf(options: RequestOptions, user: User | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  // A token file usually ends in a newline, which no header may contain.
  for (const [name, value] of Object.entries(options.headers ?? {}))
    headers[name.toLowerCase()] = String(value).trim();
  if (!headers.authorization && user?.username) {
    headers.authorization = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  }
  return headers;
}

function tlsOf(options: RequestOptions): TlsMaterial {
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return {
    ...(isPem(ca) ? { ca } : {}),
    ...(isPem(cert) ? { cert } : {}),
    ...(isPem(key) ? { key } : {}),
    ...(servername ? { servername } : {}),
    ...(rejectUnauthorized === false ? { rejectUnauthorized } : {}),
  };
}

const isPem = (value: unknown): value is string | Buffer =>
  typeof value === 'string' || Buffer.isBuffer(value);

/**
 * Says what went wrong without quoting: a YAML error shows the lines around it, a JSON error the start of an exec
 * plugin's output, and a plugin's stderr anything at all; each may hold a token.
 */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'the credentials could not be read';
  if ('syscall' in error && 'code' in error) return `the credentials could not be read: ${error.message}`;
  if (error.name === 'YAMLException') return 'the kubeconfig is not valid YAML';
  if (error.message.startsWith('HTTP protocol')) return 'plain HTTP needs insecure-skip-tls-verify';
  return `the credentials could not be read (${error.name}); if an exec plugin gives them, run it by hand to see why`;
}
