import { ExecutorService } from '../gen/glip/executor/v1/executor_service_pb.js';
import { TenantService } from '../gen/glip/executor/v1/tenant_service_pb.js';
import { Health } from '../gen/grpc/health/v1/health_pb.js';
import { observeCalls } from './app/calls.ts';
import { createFloodLimits } from './app/floods.ts';
import { createFollowing } from './app/following.ts';
import { createImages } from './app/images.ts';
import { createReadiness } from './app/readiness.ts';
import { createSecurity } from './app/security.ts';
import { submitSettings } from './app/settings.ts';
import { createTenancy } from './app/tenancy.ts';
import { formatAddress } from './config/address.ts';
import type { Config } from './config/schema.ts';
import { createHttpServer } from './http/server.ts';
import type { ClusterAccess } from './kube/kubeconfig.ts';
import { sleep } from './lib/abort.ts';
import type { Listening } from './lib/listen-address.ts';
import type { Pools } from './policy/pools.ts';
import { createExecutorService } from './rpc/executor-service.ts';
import { healthService } from './rpc/health.ts';
import { createHealthSource } from './rpc/health-source.ts';
import { reflectionServices } from './rpc/reflection.ts';
import { createGrpcServer } from './rpc/server.ts';
import { rpcService } from './rpc/service.ts';
import { createToStatus } from './rpc/to-status.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { measureReloads } from './telemetry/reload-metrics.ts';
import { createTenantMetrics } from './telemetry/tenant-metrics.ts';

export interface AppDeps {
  readonly config: Config;
  readonly pools: Pools;
  readonly access: ClusterAccess;
  readonly logger: Logger;
  /** Written into what this executor ends by itself. */
  readonly identity: string;
  readonly version: string;
}

export interface App {
  /** Listens at once, and serves when the cluster is known. Resolves with the addresses. */
  start(): Promise<{ readonly grpc: Listening; readonly http: Listening }>;
  /** Resolves when the cluster is known; rejects when stopped before. */
  readonly synced: Promise<void>;
  /** NOT_SERVING, Goodbye to the streams, then everything that was started, in reverse. */
  stop(): Promise<void>;
}

/** How long the writes behind a Job's create may go on after its caller has left. */
const completionMs = 30_000;

/** Builds the executor; nothing moves before start(). */
export function createApp({ config, pools, access, logger, identity, version }: AppDeps): App {
  const stopping = new AbortController();
  const now = Date.now;
  const metrics = createMetrics({ version, clusterId: config.clusterId ?? '' });
  const reloads = measureReloads(metrics.registry);
  const { registry, store, kubernetes } = createFollowing({
    config,
    access,
    logger,
    metrics,
    identity,
    now,
    signal: stopping.signal,
    onTenantObject: (change) => tenancy.onChange(change),
    onOtherPolicies: (namespace) => tenancy.onOthers(namespace),
  });

  const services = [ExecutorService, TenantService];
  const health = createHealthSource(services.map((s) => s.typeName));
  const readiness = createReadiness({
    views: kubernetes.views,
    health,
    maxStalenessMs: config.maxStaleness.ms,
  });
  const isEmbedded = access.kind === 'fixed';
  const images = createImages({
    config,
    isEmbedded,
    logger,
    reloads,
    metrics,
    now: () => performance.now(),
    signal: stopping.signal,
  });
  const settings = submitSettings(config, pools, images.rules);
  const steps = {
    registry,
    store,
    now,
    namespacePrefix: config.namespacePrefix,
    ttlSeconds: settings.ttlSeconds,
  };
  const tenancy = createTenancy({
    ...steps,
    config,
    pools,
    client: kubernetes.client,
    views: kubernetes.tenants,
    logger,
    metrics: createTenantMetrics(metrics.registry),
    reloads,
    signal: stopping.signal,
  });
  const executor = rpcService(
    ExecutorService,
    createExecutorService({
      ...steps,
      settings,
      ...tenancy.ofSteps,
      ...(images.pin && { pin: images.pin }),
      completionMs,
      heartbeatMs: config.heartbeatInterval.ms,
      maxAgeMs: config.watch.maxAge.ms,
      freshness: kubernetes.freshness,
      history: kubernetes.history,
      clusterId: config.clusterId ?? '',
      logs: { store: { ...store, ...kubernetes.logs }, sleep, random: Math.random },
      logStreams: { all: config.logs.maxStreams, perCaller: config.logs.maxStreamsPerCaller },
      admit: readiness.admit,
      onWarnings: (warnings) => logger.warn({ warnings }, 'the API server warns of what the executor makes'),
    }),
  );
  const toStatus = createToStatus({
    onDefect: (err, errorId) => logger.error({ err, errorId }, 'a call met a defect'),
  });
  const security = createSecurity({
    config,
    pools,
    logger,
    metrics,
    reloads,
    isEmbedded,
    reviews: kubernetes.reviews,
  });
  const observers = { toStatus, ...observeCalls(metrics, logger), ...security.edges };
  const floods = createFloodLimits(config, metrics);
  const grpc = createGrpcServer({
    ...observers,
    ...floods.grpc,
    services: [
      executor,
      tenancy.service,
      healthService(health),
      ...reflectionServices([...services, Health]),
    ].map(security.guarded),
    address: formatAddress(config.grpcAddress),
    health,
  });
  const http = createHttpServer({
    ...observers,
    ...floods.http,
    services: [executor, tenancy.service].map(security.guarded),
    admitPage: security.admitPage,
    address: formatAddress(config.httpAddress),
    draining: grpc.draining,
    readiness: readiness.checks,
    metrics: metrics.registry,
    onError: (err) => logger.warn({ err }, 'an HTTP answer could not be written'),
  });

  const synced = Promise.all([kubernetes.synced, tenancy.synced]).then(() => undefined);
  // Who stops before, and never waits for it, must not meet an unhandled rejection.
  synced.catch(() => undefined);
  return {
    synced,
    async start() {
      tenancy.start();
      const addresses = { grpc: await grpc.start(), http: await http.start() };
      kubernetes.start();
      readiness.start();
      kubernetes.synced.then(readiness.look, () => undefined);
      return addresses;
    },
    async stop() {
      readiness.drain();
      await Promise.all([grpc.stop(config.drainTimeout.ms), http.stop(config.drainTimeout.ms)]);
      security.stop();
      images.close();
      readiness.stop();
      tenancy.stop();
      stopping.abort(new Error('stopped'));
      await kubernetes.stop();
    },
  };
}
