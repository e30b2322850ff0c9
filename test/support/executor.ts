import { createApp } from '../../src/app.ts';
import type { Address } from '../../src/config/address.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { ClusterAccess } from '../../src/kube/kubeconfig.ts';
import { parsePools } from '../../src/policy/parse-pools.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { connect, type ExecutorClient } from './client.ts';

export interface ExecutorOptions {
  readonly access: ClusterAccess;
  /** As in a configuration file: `{ heartbeatInterval: '200ms' }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** False: resolve as soon as it listens. */
  readonly untilSynced?: boolean;
}

/** An executor of this process, in front of a cluster, on ports of its own. */
export interface TestExecutor {
  readonly client: ExecutorClient;
  readonly grpc: Address;
  readonly http: Address;
  /** Lines of its log from `warn` on, parsed. */
  readonly complaints: readonly LogLine[];
  /** A client with a connection of its own; closed with the executor. */
  connect(): ExecutorClient;
  /** Drains and stops. Idempotent. */
  stop(): Promise<void>;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly err?: { readonly message: string; readonly stack?: string };
  readonly warnings?: readonly string[];
}

/** Resolves when it serves, which is when it knows its cluster. */
export async function startExecutor({
  access,
  config: overrides = {},
  untilSynced = true,
}: ExecutorOptions): Promise<TestExecutor> {
  const config = configOf(overrides);
  const pools = parsePools(config.resources);
  if (!pools.ok) throw new Error(`pools: ${JSON.stringify(pools.problems)}`);
  const complaints: LogLine[] = [];
  const logger = createLogger({
    level: 'warn',
    destination: { write: (line) => void complaints.push(JSON.parse(line) as LogLine) },
  });
  const app = createApp({
    config,
    pools: pools.value,
    access,
    logger,
    identity: 'executor of a test',
    version: 'test',
  });
  const { grpc, http } = await app.start();
  const clients: ExecutorClient[] = [];
  const connectOnce = (): ExecutorClient => {
    const client = connect(grpc);
    clients.push(client);
    return client;
  };
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await app.stop();
    for (const client of clients) client.close();
  };
  try {
    if (untilSynced) await app.synced;
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    client: connectOnce(),
    grpc,
    http,
    complaints,
    connect: connectOnce,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** A configuration with these overrides, and free ports. */
export function configOf(overrides: Readonly<Record<string, unknown>>) {
  const free = '127.0.0.1:0';
  // No cluster of a test has a registry; those that are about images say so.
  const images = { sources: '*', resolve: 'off', signatures: 'not-required' };
  const document = { grpcAddress: free, httpAddress: free, drainTimeout: '2s', images, ...overrides };
  const loaded = loadConfig({
    argv: ['--config', 'of a test'],
    env: {},
    readFile: () => JSON.stringify(document),
  });
  if (!loaded.ok) throw new Error(`configuration: ${JSON.stringify(loaded.problems)}`);
  return loaded.config;
}
