import type { Clock } from '../clock.ts';
import type { Delays } from '../delays.ts';
import type { EventRecorder } from '../events.ts';
import { sameJson } from '../json.ts';
import { type Job, type KubeObject, keyOf, objectKey, type Pod } from '../objects.ts';
import type { Registry } from '../registry/registry.ts';
import { jobs, pods } from '../registry/resources.ts';
import { ApiError } from '../status.ts';
import type { Change } from '../storage/history.ts';
import type { Store } from '../storage/store.ts';
import { createWorkQueue } from '../work-queue.ts';
import { isFinished, TRACKING } from './job-state.ts';
import type { JobPlan } from './plan.ts';
import { podForJob } from './pod-for-job.ts';
import { reconcile } from './reconcile.ts';

export type ControllerDeps = {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly delays: Delays;
  readonly recorder: EventRecorder;
  readonly onError: (error: unknown) => void;
};

const LONGEST_RETRY = 600_000;
/** Far more than any Job needs to settle; a plan that still wants more is tried again with the next change. */
const MAX_ROUNDS = 8;

/** The uid of the Job that controls a pod. */
function controllerOf(pod: KubeObject): { name: string; uid: string } | undefined {
  return pod.metadata.ownerReferences?.find(({ controller, kind }) => controller === true && kind === 'Job');
}

function sameButStatus(change: Change): boolean {
  const strip = ({
    status: _status,
    metadata: { resourceVersion: _version, ...metadata },
    ...rest
  }: KubeObject) => ({ ...rest, metadata });
  return change.previous !== undefined && sameJson(strip(change.object), strip(change.previous));
}

/** A deleted pod as it is remembered: being deleted, and tracked by nobody. */
function ghostOf(pod: Pod): Pod {
  const { finalizers: _all, ...metadata } = pod.metadata;
  return { ...pod, metadata: { ...metadata, deletionTimestamp: metadata.creationTimestamp } };
}

/** Carries out what `reconcile` decides, for each Job when it or one of its pods changes. */
export function startJobController(deps: ControllerDeps): { stop(): void } {
  const { store, registry, clock, delays, recorder } = deps;
  const refusals = new Map<string, number>();
  const owned = new Map<string, Set<string>>();

  const record = (about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string) =>
    recorder.record({ about, type, reason, message, component: 'job-controller' });

  const podsOf = (job: Job): Pod[] =>
    [...(owned.get(job.metadata.uid) ?? [])].flatMap(
      (key) => (store.get(pods.plural, key) as Pod | undefined) ?? [],
    );

  /** Keeps the keys of each Job's pods, by the Job's uid. */
  const index = (change: Change, uid: string): void => {
    const keys = owned.get(uid) ?? new Set();
    if (change.type === 'DELETED') keys.delete(change.key);
    else keys.add(change.key);
    if (keys.size > 0) owned.set(uid, keys);
    else owned.delete(uid);
  };

  const release = (pod: KubeObject): void => {
    const { namespace, name, uid } = pod.metadata;
    if (store.get(pods.plural, objectKey(pod))?.metadata.uid !== uid) return;
    const strip = (current: KubeObject) => {
      const finalizers = (current.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING);
      const { finalizers: _all, ...metadata } = current.metadata;
      return { ...current, metadata: finalizers.length > 0 ? { ...metadata, finalizers } : metadata };
    };
    registry.update(pods, namespace, name, strip, { trusted: true });
  };

  /** Creates the missing pods, up to the first refusal, which is told and tried again later. */
  const createPods = (job: Job, wanted: number): number => {
    const key = objectKey(job);
    for (let created = 0; created < wanted; created += 1) {
      try {
        const pod = registry.create(pods, job.metadata.namespace, podForJob(job));
        refusals.delete(key);
        record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        record(job, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
        const failures = refusals.get(key) ?? 0;
        refusals.set(key, failures + 1);
        queue.add(key, Math.min(delays.createRetry * 2 ** failures, LONGEST_RETRY));
        return created;
      }
    }
    return wanted;
  };

  const carryOut = (job: Job, plan: JobPlan): boolean => {
    for (const pod of plan.deletePods) {
      registry.delete(pods, pod.metadata.namespace, pod.metadata.name, { uid: pod.metadata.uid });
      record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    }
    const created = createPods(job, plan.createPods);
    const active = (plan.status.active ?? 0) + created;
    const status = active > 0 ? { ...plan.status, active } : plan.status;
    const changed = !sameJson(status, job.status);
    if (changed) {
      const { namespace, name } = job.metadata;
      registry.update(jobs, namespace, name, (current) => ({ ...current, status }), { trusted: true });
    }
    for (const pod of plan.releasePods) release(pod);
    for (const event of plan.events) record(job, event.type, event.reason, event.message);
    return changed || plan.releasePods.length > 0;
  };

  const scheduleExpiry = (job: Job): void => {
    const ttl = job.spec.ttlSecondsAfterFinished;
    if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return;
    const end = job.status.conditions?.find(
      ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
    );
    const wait = Date.parse(end?.lastTransitionTime ?? '') + ttl * 1000 - clock.now();
    const { namespace, name, uid } = job.metadata;
    if (wait > 0) queue.add(objectKey(job), wait);
    else registry.delete(jobs, namespace, name, { propagationPolicy: 'Foreground', uid });
  };

  const sync = (key: string): void => {
    // A pod deleted here counts as terminating until its own deletion is seen, as it does for a controller behind a watch.
    const ghosts = new Map<string, Pod>();
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const job = store.get(jobs.plural, key) as Job | undefined;
      if (job === undefined) {
        refusals.delete(key);
        return;
      }
      const present = podsOf(job);
      for (const pod of present) ghosts.delete(pod.metadata.uid);
      const plan = reconcile(job, [...present, ...ghosts.values()], clock.now(), delays.replacePod);
      for (const pod of plan.deletePods) ghosts.set(pod.metadata.uid, ghostOf(pod));
      if (plan.recheckAfter !== undefined) queue.add(key, plan.recheckAfter);
      const again = carryOut(job, plan);
      if (isFinished(job)) scheduleExpiry(job);
      if (!again) return;
      // A pod just created is not missing, and a refused one is for the retry: neither is a reason for another round.
      if (plan.createPods > 0 && plan.releasePods.length === 0) return;
    }
  };

  const queue = createWorkQueue(clock, (key) => {
    try {
      sync(key);
    } catch (error) {
      deps.onError(error);
      queue.add(key, delays.createRetry);
    }
  });

  /** A pod whose Job is gone is tracked by nobody. */
  const releaseOrphan = (pod: KubeObject, owner: { name: string; uid: string }): boolean => {
    const job = store.get(jobs.plural, keyOf(pod.metadata.namespace, owner.name));
    if (job?.metadata.uid === owner.uid) return false;
    if (pod.metadata.finalizers?.includes(TRACKING) === true) orphans.add(objectKey(pod), delays.collect);
    return true;
  };
  const orphans = createWorkQueue(clock, (key) => {
    const pod = store.get(pods.plural, key);
    if (pod !== undefined) release(pod);
  });

  const unsubscribe = store.subscribe((change) => {
    if (change.table === jobs.plural) {
      if (change.type === 'DELETED') {
        for (const pod of podsOf(change.object as Job)) releaseOrphan(pod, change.object.metadata);
      } else if (!sameButStatus(change)) queue.add(change.key);
    } else if (change.table === pods.plural) {
      const owner = controllerOf(change.object);
      if (owner === undefined) return;
      index(change, owner.uid);
      if (change.type !== 'DELETED' && releaseOrphan(change.object, owner)) return;
      queue.add(keyOf(change.object.metadata.namespace, owner.name), delays.jobBatch);
    }
  });

  return {
    stop() {
      unsubscribe();
      queue.stop();
      orphans.stop();
    },
  };
}
