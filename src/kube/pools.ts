import { createHash } from 'node:crypto';
import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { Credentials, TlsMaterial } from './credentials.ts';

/** The connections that fit one reading of the credentials. */
export type PoolPair = {
  readonly origin: string;
  /** Path of the server's URL, without a slash at its end: `` or as in `/k8s/clusters/c-1`. */
  readonly basePath: string;
  readonly unary: Dispatcher;
  readonly watch: Dispatcher;
  /** Of logs, which wait for slow readers. */
  readonly logs: Dispatcher;
};

export type Pools = {
  /** The pools for these credentials. New ones only when the server or the TLS material differs: a new token needs none. */
  readonly for: (credentials: Credentials) => PoolPair;
  readonly builds: () => number;
  /** Ends every connection, in use or not. */
  readonly destroy: () => Promise<void>;
};

export type PoolsDeps = {
  /** Connections for calls. HTTP/1.1 carries one request each, so this bounds the calls in flight too. */
  readonly connections?: number;
  /** Connections for logs. A request that finds none waits for one. */
  readonly logConnections?: number;
  readonly connectTimeoutMs?: number;
  readonly maxResponseBytes?: number;
};

/**
 * Separate pools for calls, watches and logs, over HTTP/1.1: a shared HTTP/2 session caps at 100 streams, and watches would
 * starve the calls. Pools that are replaced drain: what runs on them ends by itself.
 */
export function createPools(deps: PoolsDeps = {}): Pools {
  let seen: Credentials | undefined;
  let fingerprint = '';
  let pair: PoolPair | undefined;
  let builds = 0;
  const alive = new Set<Dispatcher>();

  function drain(pool: Dispatcher): void {
    pool
      .close()
      .catch(() => undefined)
      .finally(() => alive.delete(pool));
  }

  function build(credentials: Credentials): PoolPair {
    const url = new URL(credentials.server);
    const open = (connections: number | null, maxResponseSize: number) => {
      const pool = openPool(
        url.origin,
        credentials,
        deps.connectTimeoutMs ?? 10_000,
        connections,
        maxResponseSize,
      );
      alive.add(pool);
      return pool;
    };
    builds += 1;
    return {
      origin: url.origin,
      basePath: url.pathname.replace(/\/+$/, ''),
      unary: open(deps.connections ?? 48, deps.maxResponseBytes ?? 64 * 1024 * 1024),
      watch: open(null, -1),
      logs: open(deps.logConnections ?? 64, -1),
    };
  }

  return {
    for(credentials) {
      if (pair && credentials === seen) return pair;
      const print = fingerprintOf(credentials);
      if (!pair || print !== fingerprint) {
        const old = pair;
        pair = build(credentials);
        fingerprint = print;
        if (old) for (const pool of [old.unary, old.watch, old.logs]) drain(pool);
      }
      seen = credentials;
      return pair;
    },
    builds: () => builds,
    async destroy() {
      await Promise.allSettled([...alive].map((pool) => pool.destroy()));
      alive.clear();
    },
  };
}

function openPool(
  origin: string,
  credentials: Credentials,
  connectTimeout: number,
  connections: number | null,
  maxResponseSize: number,
): Dispatcher {
  const { tls, proxyUrl } = credentials;
  // 30 s keeps a silent watch alive through load balancers that forget a connection after 60 s.
  const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000 };
  const options = { allowH2: false, connections, maxResponseSize, connectTimeout, keepAliveTimeout: 60_000 };
  if (!proxyUrl) return new Pool(origin, { ...options, connect });
  if (proxyUrl.startsWith('socks')) throw new Error('a SOCKS proxy-url is not supported; use an HTTP proxy');
  return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: connect });
}

function fingerprintOf({ server, tls, proxyUrl }: Credentials): string {
  const { ca, cert, key, servername, rejectUnauthorized }: TlsMaterial = tls;
  const parts = [server, proxyUrl, servername, rejectUnauthorized, ca, cert, key];
  // A hash, so that no key lies around in a second place.
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => (part === undefined ? null : part.toString()))))
    .digest('base64');
}
