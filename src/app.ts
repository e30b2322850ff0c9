import { ExecutorService } from '../gen/glip/executor/v1/executor_service_pb.js';
import { TenantService } from '../gen/glip/executor/v1/tenant_service_pb.js';
import { Health } from '../gen/grpc/health/v1/health_pb.js';
import { withAnswers } from './app/answers.ts';
import { observeCalls } from './app/calls.ts';
import { createClockWarning } from './app/clock-warning.ts';
import { createFloodLimits } from './app/floods.ts';
import { createImages } from './app/images.ts';
import { createKubernetes } from './app/kubernetes.ts';
import { createReadiness } from './app/readiness.ts';
import { createSecurity } from './app/security.ts';
import { graceSettings, submitSettings } from './app/settings.ts';
import { createTenancy } from './app/tenancy.ts';
import { formatAddress } from './config/address.ts';
import type { Config } from './config/schema.ts';
import { createHttpServer } from './http/server.ts';
import type { JobFacts } from './job/facts.ts';
import { createInterpretation } from './job/interpretation.ts';
import type { Observation } from './job/observation.ts';
import type { ClusterAccess } from './kube/kubeconfig.ts';
import { createStepStore } from './kube/step-store.ts';
import { sleep } from './lib/abort.ts';
import type { Listening } from './lib/listen-address.ts';
import { createEventReader } from './observe/event-reader.ts';
import { jobObservations, podObservations } from './observe/feed.ts';
import { createNodeFeed } from './observe/node-feed.ts';
import { createNotes } from './observe/notes.ts';
import { createRetention } from './observe/retention.ts';
import { createSettler } from './observe/settler.ts';
import { createSidecarStop } from './observe/sidecar-stop.ts';
import { createStartOnce } from './observe/start-once.ts';
import { createStops } from './observe/stops.ts';
import { createTimeouts } from './observe/timeouts.ts';
import type { Pools } from './policy/pools.ts';
import { createExecutorService } from './rpc/executor-service.ts';
import { healthService } from './rpc/health.ts';
import { createHealthSource } from './rpc/health-source.ts';
import { reflectionServices } from './rpc/reflection.ts';
import { createGrpcServer } from './rpc/server.ts';
import { rpcService } from './rpc/service.ts';
import { createToStatus } from './rpc/to-status.ts';
import { createRegistry } from './step/registry.ts';
import type { ObjectRef, Step } from './step/step.ts';
import type { Verdict } from './step/verdict.ts';
import { measureClock } from './telemetry/clock-metrics.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { measureReloads } from './telemetry/reload-metrics.ts';
import { countMissingRights } from './telemetry/rights-metrics.ts';
import { createTenantMetrics } from './telemetry/tenant-metrics.ts';
import { measureRetained, measureViews } from './telemetry/view-metrics.ts';

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
  const onError = (err: unknown, what: string) => logger.warn({ err }, what);
  const reactions: ((verdict: Verdict, step: Step) => void)[] = [];
  const registry = createRegistry<Observation, JobFacts>({
    interpretation: createInterpretation({
      graces: graceSettings(config),
      namespacePrefix: config.namespacePrefix,
    }),
    now,
    reach: () => kubernetes.history.reach(),
    onVerdict: (verdict, step) => {
      for (const react of reactions) react(verdict, step);
    },
  });
  const nodeFeed = createNodeFeed();
  const kubernetes = createKubernetes({
    access,
    config,
    onError,
    onJob: (change) => jobObservations(change).forEach(registry.apply),
    onPod(change) {
      podObservations(change).forEach(registry.apply);
      nodeFeed.onPod(change).forEach(registry.apply);
    },
    onNode: (change) => nodeFeed.onNode(change).forEach(registry.apply),
    onTenantObject: (change) => tenancy.onChange(change),
    onOtherPolicies: (namespace) => tenancy.onOthers(namespace),
    onClock: createClockWarning(logger),
    onMissingRight: countMissingRights(metrics.registry),
    onEvent: (event) => registry.apply({ kind: 'events', jobUid: event.about.uid, events: [event] }),
  });
  const store = createStepStore(kubernetes.client);
  const answered = withAnswers(registry, kubernetes.met);
  const common = { registry: answered, store, now, signal: stopping.signal, onError };
  const onUnrecorded = (job: ObjectRef, why: string) => {
    metrics.unrecordedEnds.inc();
    logger.warn({ job, why }, 'an end is told that its Job takes no record of');
  };
  reactions.push(
    createSettler({ ...common, logs: kubernetes.logs, onUnrecorded }),
    createTimeouts({ ...common, identity }),
    createNotes(common),
    createStartOnce(common),
  );
  reactions.push(createEventReader(common), createStops(common));
  reactions.push(createSidecarStop({ ...common, graceMs: config.sidecarGrace.ms }));
  const retention = createRetention(common);
  reactions.push(retention.onVerdict);

  measureViews(metrics.registry, kubernetes.views);
  measureClock(metrics.registry, kubernetes.clockOffset);
  measureRetained(metrics.registry, retention.size);

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
    registry: answered,
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
