import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { ClusterAccess } from './cluster-access.ts';
import type { Credentials, TlsMaterial } from './credentials.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Members = Readonly<Record<string, unknown>>;

const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const clusterFields = ['server', 'certificate-authority', 'insecure-skip-tls-verify', 'tls-server-name'];
const userFields = ['client-certificate', 'client-key', 'token', 'username', 'password'];
const flags = ['insecure-skip-tls-verify'];

/**
 * The credentials where they are plain: one file whose current user has a certificate, a token or a password, or the pod's service
 * account. Undefined for everything else and for everything that is wrong: client-node reads that, and says what is wrong with it.
 */
export function plainCredentials(
  access: Exclude<ClusterAccess, { kind: 'fixed' }>,
  env: Env,
): Credentials | undefined {
  try {
    if (access.kind === 'in-cluster') return inCluster(env);
    const file = access.file ?? defaultFile(env);
    if (file !== undefined) return fromFile(file, access.context);
    return access.context === undefined && existsSync(`${account}/token`) ? inCluster(env) : undefined;
  } catch {
    return undefined;
  }
}

/** The one file of kubectl's chain. Throws where the chain is not that simple. */
function defaultFile(env: Env): string | undefined {
  if (process.platform === 'win32') throw new Error('no simple chain');
  if (env.KUBECONFIG) {
    if (env.KUBECONFIG.includes(':')) throw new Error('several files');
    return env.KUBECONFIG;
  }
  const file = env.HOME && join(env.HOME, '.kube', 'config');
  return file && existsSync(file) ? file : undefined;
}

function inCluster(env: Env): Credentials | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port || ['80', '8080', '8001'].includes(port)) return undefined;
  const token = readFileSync(`${account}/token`, 'utf8').trim();
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    headers: { authorization: `Bearer ${token}` },
    tls: { ca: readFileSync(`${account}/ca.crt`) },
  };
}

function fromFile(file: string, context: string | undefined): Credentials | undefined {
  const config = members(parse(readFileSync(file, 'utf8')));
  const at = context ?? config['current-context'];
  const { cluster: clusterName, user: userName } = named(config.contexts, at, 'context');
  const cluster = only(named(config.clusters, clusterName, 'cluster'), clusterFields);
  const user = only(named(config.users, userName, 'user'), userFields);
  const { server, token, username, password } = { ...cluster, ...user };
  if (typeof server !== 'string') return undefined;
  // Both at once, or half of a pair: which one counts is not for us to say.
  if (token !== undefined && username !== undefined) return undefined;
  const directory = dirname(file);
  const tls: TlsMaterial = {
    ...pem('ca', cluster, 'certificate-authority', directory),
    ...pem('cert', user, 'client-certificate', directory),
    ...pem('key', user, 'client-key', directory),
    ...(cluster['tls-server-name'] !== undefined && { servername: cluster['tls-server-name'] as string }),
    ...(cluster['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }),
  };
  const basic = username === undefined ? undefined : `${username}:${password ?? ''}`;
  const authorization =
    token !== undefined
      ? `Bearer ${token}`.trim()
      : basic && `Basic ${Buffer.from(basic).toString('base64')}`;
  return {
    server: server.replace(/\/$/, ''),
    headers: authorization ? { authorization } : {},
    tls: server.startsWith('https:') ? tls : {},
  };
}

function members(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
  return value as Members;
}

/** The entry of that name, if it is the only one. */
function named(list: unknown, name: unknown, kind: string): Members {
  if (!Array.isArray(list) || typeof name !== 'string') throw new Error('no list, or no name');
  const found = list.map(members).filter((entry) => entry.name === name);
  if (found.length !== 1) throw new Error(`no single ${kind} of that name`);
  return members(found[0]?.[kind]);
}

/** Throws when there is a field that is not known to be plain, or no text. */
function only(of: Members, fields: readonly string[]): Members {
  for (const [field, value] of Object.entries(of)) {
    if (!fields.includes(field.replace(/-data$/, ''))) throw new Error('not plain');
    if (typeof value !== (flags.includes(field) ? 'boolean' : 'string') || value === '')
      throw new Error('no text');
  }
  return of;
}

function pem(as: 'ca' | 'cert' | 'key', of: Members, field: string, directory: string): TlsMaterial {
  const { [field]: file, [`${field}-data`]: base64 } = of;
  if (typeof file === 'string') return { [as]: readFileSync(resolve(directory, file)) };
  return typeof base64 === 'string' ? { [as]: Buffer.from(base64, 'base64') } : {};
}
