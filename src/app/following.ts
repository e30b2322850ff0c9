import type { Config } from '../config/schema.ts';
import type { JobFacts } from '../job/facts.ts';
import { createInterpretation } from '../job/interpretation.ts';
import type { Observation } from '../job/observation.ts';
import type { ClusterAccess } from '../kube/kubeconfig.ts';
import { createStepStore } from '../kube/step-store.ts';
import { createEventReader } from '../observe/event-reader.ts';
import { jobObservations, podObservations } from '../observe/feed.ts';
import { createNodeFeed } from '../observe/node-feed.ts';
import { createNotes } from '../observe/notes.ts';
import { createRetention } from '../observe/retention.ts';
import { createSettler } from '../observe/settler.ts';
import { createSidecarStop } from '../observe/sidecar-stop.ts';
import { createStartOnce } from '../observe/start-once.ts';
import { createStops } from '../observe/stops.ts';
import { createTimeouts } from '../observe/timeouts.ts';
import { createRegistry } from '../step/registry.ts';
import type { EpochMs, ObjectRef, Step } from '../step/step.ts';
import type { Verdict } from '../step/verdict.ts';
import { measureClock } from '../telemetry/clock-metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { countMissingRights } from '../telemetry/rights-metrics.ts';
import { measureRetained, measureViews } from '../telemetry/view-metrics.ts';
import { withAnswers } from './answers.ts';
import { createClockWarning } from './clock-warning.ts';
import { createKubernetes, type KubernetesDeps } from './kubernetes.ts';
import { graceSettings } from './settings.ts';

export interface FollowingDeps extends Pick<KubernetesDeps, 'onTenantObject' | 'onOtherPolicies'> {
  readonly config: Config;
  readonly access: ClusterAccess;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Written into what this executor ends by itself. */
  readonly identity: string;
  readonly now: () => EpochMs;
  /** Ends everything that is under way. */
  readonly signal: AbortSignal;
}

/** What comes in from the cluster, up to the registry of steps, and what is done there about what it shows. Nothing moves before kubernetes.start(). */
export function createFollowing({
  config,
  access,
  logger,
  metrics,
  identity,
  now,
  signal,
  onTenantObject,
  onOtherPolicies,
}: FollowingDeps) {
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
    onTenantObject,
    onOtherPolicies,
    onClock: createClockWarning(logger),
    onMissingRight: countMissingRights(metrics.registry),
    onEvent: (event) => registry.apply({ kind: 'events', jobUid: event.about.uid, events: [event] }),
  });
  const store = createStepStore(kubernetes.client);
  const answered = withAnswers(registry, kubernetes.met);
  const common = { registry: answered, store, now, signal, onError };
  const onUnrecorded = (job: ObjectRef, why: string) => {
    metrics.unrecordedEnds.inc();
    logger.warn({ job, why }, 'an end is told that its Job takes no record of');
  };
  const retention = createRetention(common);
  reactions.push(
    createSettler({ ...common, logs: kubernetes.logs, onUnrecorded }),
    createTimeouts({ ...common, identity }),
    createNotes(common),
    createStartOnce(common),
    createEventReader(common),
    createStops(common),
    createSidecarStop({ ...common, graceMs: config.sidecarGrace.ms }),
    retention.onVerdict,
  );

  measureViews(metrics.registry, kubernetes.views);
  measureClock(metrics.registry, kubernetes.clockOffset);
  measureRetained(metrics.registry, retention.size);

  return { registry: answered, store, kubernetes };
}
