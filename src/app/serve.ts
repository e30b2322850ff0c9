import { type App, createApp } from '../app.ts';
import type { ClusterChoice } from '../config/choose-cluster.ts';
import type { Config } from '../config/schema.ts';
import type { ClusterAccess } from '../kube/kubeconfig.ts';
import type { Pools } from '../policy/pools.ts';
import type { Logger } from '../telemetry/logger.ts';
import { startEmbedded } from './embedded.ts';

export interface ServeDeps {
  readonly config: Config;
  readonly pools: Pools;
  readonly choice: ClusterChoice;
  readonly logger: Logger;
  readonly identity: string;
  readonly version: string;
  /** Aborted to stop. */
  readonly signal: AbortSignal;
}

/** Where the configuration says the cluster is. */
export function accessOf(config: Pick<Config, 'kubeconfig' | 'context'>): ClusterAccess {
  const { kubeconfig: file, context } = config;
  return {
    kind: 'kubeconfig',
    ...(file !== undefined && { file }),
    ...(context !== undefined && { context }),
  };
}

/** Runs the executor until the signal, then stops everything in reverse. Throws when it cannot start. */
export async function serve(deps: ServeDeps): Promise<void> {
  const { config, pools, choice, identity, version, signal } = deps;
  const { clusterId } = config;
  const logger = clusterId === undefined ? deps.logger : deps.logger.child({ clusterId });
  logger.info({ version, cluster: choice.cluster, because: choice.because }, 'starting');
  const embedded = choice.cluster === 'embedded' ? await startEmbedded(config, logger) : undefined;
  if (embedded !== undefined) {
    const { workDirectory, images } = embedded;
    const note =
      'an embedded cluster for trying and development: agents are processes of this machine, nothing is kept';
    logger.warn({ workDirectory, images, tenants: config.embedded.tenants }, note);
  }
  try {
    await runApp(
      createApp({
        config,
        pools,
        logger,
        identity,
        version,
        access: embedded?.access ?? accessOf(config),
      }),
      logger,
      signal,
    );
  } finally {
    await embedded?.stop();
  }
  logger.info('stopped');
}

async function runApp(app: App, logger: Logger, signal: AbortSignal): Promise<void> {
  try {
    const { grpc, http } = await app.start();
    logger.info({ grpc: `${grpc.host}:${grpc.port}`, http: `${http.host}:${http.port}` }, 'listening');
    app.synced.then(
      () => logger.info('serving: the cluster is known'),
      () => undefined,
    );
    await aborted(signal);
    logger.info({ reason: String(signal.reason) }, 'stopping');
  } finally {
    await app.stop();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
