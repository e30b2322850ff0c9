import type { Config } from '../config/schema.ts';
import type { TokenReviews } from '../identity/ports.ts';
import type { EventView } from '../job/event-view.ts';
import { watchSelector } from '../job/metadata.ts';
import type { NodeView } from '../job/node-view.ts';
import type { JobView, Observation, PodView } from '../job/observation.ts';
import type { LogStore } from '../job/ports.ts';
import { projectJob, projectPod, type RawObject } from '../job/project.ts';
import { createKubeClient, type KubeClient } from '../kube/client.ts';
import { createCredentialCache } from '../kube/credentials.ts';
import { type ClusterAccess, credentialSource } from '../kube/kubeconfig.ts';
import { createLogStore } from '../kube/log-store.ts';
import { everywhere } from '../kube/paths.ts';
import { collectionProbes } from '../kube/probe.ts';
import { createReflector } from '../kube/reflector.ts';
import { createServerClock } from '../kube/server-clock.ts';
import { createTokenReviews } from '../kube/token-reviews.ts';
import { createTransport } from '../kube/transport.ts';
import type { KubeObject } from '../kube/types.ts';
import type { OffsetBounds } from '../lib/clock-offset.ts';
import type { Change } from '../observe/feed.ts';
import type { ClusterHistory } from '../step/history.ts';
import { isNewer, noVersion } from '../step/mark.ts';
import type { LiveChange } from '../tenant/view.ts';
import { createClusterHistory } from './cluster-history.ts';
import { createJobEvents } from './job-events.ts';
import { createNodes } from './nodes.ts';
import { proveView } from './prove-view.ts';
import { createTenantViews, type TenantViews } from './tenant-views.ts';
import type { View } from './view.ts';

export interface KubernetesDeps {
  readonly access: ClusterAccess;
  readonly config: Config;
  readonly onJob: (change: Change<JobView>) => void;
  readonly onPod: (change: Change<PodView>) => void;
  /** A Warning Event of a Job. */
  readonly onEvent: (event: EventView) => void;
  /** Not called where the configuration switches nodes off. */
  readonly onNode: (change: Change<NodeView>) => void;
  /** Not called where the configuration leaves tenants to people. */
  readonly onTenantObject: (change: LiveChange) => void;
  /** The NetworkPolicies of others in a namespace have changed; called as the one before. */
  readonly onOtherPolicies: (namespace: string) => void;
  readonly onError: (error: unknown, what: string) => void;
  /** A call was refused for want of this right. */
  readonly onMissingRight: (right: string) => void;
  /** What each answer tells of the API server's clock. */
  readonly onClock: (offset: OffsetBounds) => void;
}

export interface Kubernetes {
  readonly client: KubeClient;
  readonly logs: LogStore;
  readonly reviews: TokenReviews;
  readonly views: readonly View[];
  /** Age of the oldest of the views' newest proofs, in milliseconds. */
  readonly freshness: () => number;
  /** By how much the executor's clock is ahead of the API server's; undefined before its first answer. */
  readonly clockOffset: () => OffsetBounds | undefined;
  readonly history: ClusterHistory;
  /** Undefined where the configuration leaves tenants to people. */
  readonly tenants: TenantViews | undefined;
  readonly synced: Promise<void>;
  /** What a call has returned: if the views miss it, they tell when it is gone all the same. */
  met(observation: Observation): void;
  start(): void;
  stop(): Promise<void>;
}

/** The way to the cluster: calls, and the two views that the registry is fed from. */
export function createKubernetes(deps: KubernetesDeps): Kubernetes {
  const { config, onError } = deps;
  const serverClock = createServerClock(deps.onClock);
  const transport = createTransport({
    serverClock,
    credentials: createCredentialCache({
      source: credentialSource(deps.access, process.env),
      onError: (error) => onError(error, 'rereading the credentials of the cluster'),
    }),
    // Those who ask how a log ends share the few that are left.
    pools: { connections: config.kubernetes.connections, logConnections: config.logs.maxStreams + 16 },
    timeoutMs: config.kubernetes.requestTimeout.ms,
    onMissingRight: deps.onMissingRight,
    onWarning: (text, request) => onError(new Error(text), `the API server warns of ${request}`),
  });

  const view = <T>(
    name: 'jobs' | 'pods',
    project: (object: RawObject) => T,
    onDelta: (change: Change<T>) => void,
  ) => {
    const path = everywhere(name);
    let seen = noVersion;
    const reflector = createReflector<T>({
      transport,
      path,
      labelSelector: watchSelector,
      project: (object: KubeObject) => project(object as RawObject),
      onDelta(change) {
        if (isNewer(change.resourceVersion, seen)) seen = change.resourceVersion;
        onDelta(change);
      },
      onError: (error, during) => onError(error, `watching ${name} (${during})`),
    });
    const freshness = proveView({
      transport,
      path,
      labelSelector: watchSelector,
      reflector,
      maxStalenessMs: config.maxStaleness.ms,
      onError: (error) => onError(error, `proving how fresh the view of ${name} is`),
    });
    const reached = () => reflector.status().resourceVersion;
    const revision = collectionProbes(transport, path, { labelSelector: watchSelector }).probe;
    return { name, reflector, freshness, place: { reached, seen: () => seen, revision } };
  };

  const views = [view('jobs', projectJob, deps.onJob), view('pods', projectPod, deps.onPod)] as const;
  const jobEvents = createJobEvents({ transport, onEvent: deps.onEvent, onError });
  const nodes =
    config.nodeWatch === 'on' ? createNodes({ transport, onNode: deps.onNode, onError }) : undefined;
  const tenants =
    config.tenants.management === 'on'
      ? createTenantViews({
          transport,
          maxStalenessMs: config.maxStaleness.ms,
          onChange: deps.onTenantObject,
          onOthers: deps.onOtherPolicies,
          onError,
        })
      : undefined;
  const [jobs, pods] = views;
  let began: ReturnType<ClusterHistory['began']>;
  jobs.reflector.synced.then(
    () => {
      began = { jobsView: jobs.place.reached(), time: Date.now() };
    },
    () => undefined,
  );
  const synced = Promise.all(views.map((v) => v.reflector.synced)).then(() => undefined);
  // Who stops before, and never waits for it, must not meet an unhandled rejection.
  synced.catch(() => undefined);
  return {
    client: createKubeClient({ transport }),
    logs: createLogStore(transport),
    reviews: createTokenReviews(transport),
    views: [
      ...views.map(({ name, reflector, freshness }) => ({
        name,
        needed: true,
        status: reflector.status,
        ageMs: () => freshness.status().ageMs,
      })),
      ...(tenants?.proven ?? []),
    ],
    freshness: () => Math.max(...views.map((v) => v.freshness.status().ageMs)),
    clockOffset: serverClock.offset,
    history: createClusterHistory({ jobs: jobs.place, pods: pods.place, began: () => began }),
    tenants,
    synced,
    met(observation) {
      const [jobs, pods] = views;
      if (observation.kind === 'job') jobs.reflector.meet(identityOf(observation), observation.job);
      if (observation.kind === 'pod') pods.reflector.meet(identityOf(observation), observation.pod);
    },
    start() {
      for (const { reflector, freshness } of views) {
        reflector.start();
        // Before the first list there is nothing to prove, and right behind it there is.
        reflector.synced.then(freshness.start, () => undefined);
      }
      jobEvents.start();
      nodes?.start();
      tenants?.start();
    },
    async stop() {
      await Promise.all([
        jobEvents.stop(),
        nodes?.stop(),
        tenants?.stop(),
        ...views.flatMap((v) => [v.freshness.stop(), v.reflector.stop()]),
      ]);
      await transport.destroy();
    },
  };
}

function identityOf(seen: Extract<Observation, { kind: 'job' | 'pod' }>) {
  const { uid, name, namespace } = seen.kind === 'job' ? seen.job : seen.pod;
  return { uid, name, namespace, resourceVersion: seen.version };
}
