import type { merge } from '../../../src/job/facts.ts';
import type { Graces } from '../../../src/job/graces.ts';
import { createInterpretation } from '../../../src/job/interpretation.ts';
import { annotation } from '../../../src/job/metadata.ts';
import type { Observation } from '../../../src/job/observation.ts';
import type { StepStore } from '../../../src/job/ports.ts';
import { jobSeen, podSeen, type RawObject } from '../../../src/job/project.ts';
import type { PatchOperation } from '../../../src/job/stop.ts';
import { createRegistry } from '../../../src/step/registry.ts';
import type { Step } from '../../../src/step/step.ts';
import type { Verdict } from '../../../src/step/verdict.ts';

export const key = { tenant: 'acme', runId: 'run', stepId: 'step', attempt: 0 };
export const createTime = Date.parse('2026-11-23T12:00:00Z');
export const at = (seconds: number) => new Date(createTime + seconds * 1000).toISOString();

/** A Job of ours as the API server has it. */
export const aJob = (
  uid = 'job-1',
  more: {
    spec?: object;
    status?: object;
    annotations?: object;
    finalizers?: readonly string[];
    deletionTimestamp?: string;
  } = {},
) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    uid,
    name: `glip-${uid}`,
    namespace: 'glip-acme',
    resourceVersion: '1',
    creationTimestamp: at(0),
    ...(more.finalizers && { finalizers: [...more.finalizers] }),
    ...(more.deletionTimestamp !== undefined && { deletionTimestamp: more.deletionTimestamp }),
    annotations: {
      [annotation.key]: JSON.stringify(Object.values({ ...key, stepId: uid })),
      [annotation.specHash]: 'hash',
      [annotation.timeouts]: JSON.stringify({ queue: 60, start: 120, run: 600, total: 1_000 }),
      ...more.annotations,
    } as Record<string, string>,
  },
  spec: {
    activeDeadlineSeconds: 1_000,
    template: { spec: { containers: [{ name: 'agent', image: 'agent:1' }] } },
    ...more.spec,
  } as Record<string, unknown>,
  status: more.status ?? {},
});

export const aPod = (
  jobUid = 'job-1',
  status: object = {},
  more: { version?: string; node?: string } = {},
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    uid: `pod-of-${jobUid}`,
    name: `glip-${jobUid}-x`,
    namespace: 'glip-acme',
    resourceVersion: more.version ?? '2',
    creationTimestamp: at(1),
    ownerReferences: [{ kind: 'Job', uid: jobUid, controller: true }],
  },
  spec: { nodeName: more.node ?? 'node-1' },
  status: { conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(2) }], ...status },
});

export const agent = (state: object) => ({
  phase: 'Running',
  containerStatuses: [{ name: 'agent', containerID: 'c', state }],
});
export const running = agent({ running: { startedAt: at(5) } });
export const exited = (exitCode: number) =>
  agent({ terminated: { exitCode, reason: 'Completed', startedAt: at(5), finishedAt: at(9) } });

/** Kubernetes' limit for all annotations of an object. */
export const mostAnnotationBytes = 262_144;

type StoredJob = ReturnType<typeof aJob>;

/** The store of a cluster that obeys: first writer wins, versions grow. `fail` makes the next calls throw. */
export function createCluster(now: () => number = () => createTime, graces: Graces = {}) {
  const jobs = new Map<string, StoredJob>();
  const pods = new Map<string, RawObject[]>();
  const events = new Map<string, RawObject[]>();
  const calls: string[] = [];
  const failures: Error[] = [];
  const reactions: ((verdict: Verdict, step: Step) => void)[] = [];
  let version = 100;
  const registry = createRegistry<Observation, NonNullable<ReturnType<typeof merge>>>({
    interpretation: createInterpretation({ graces }),
    now,
    onVerdict: (verdict, step) => {
      for (const react of reactions) react(verdict, step);
    },
  });
  const called = async (what: string) => {
    calls.push(what);
    await Promise.resolve();
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  };
  const named = (name: string) => [...jobs.values()].find((j) => j.metadata.name === name);

  function patched<T extends object>(object: T, patch: readonly PatchOperation[]): T | 'refused' {
    const next = structuredClone(object);
    for (const { op, path, value } of patch) {
      const parts = path
        .split('/')
        .slice(1)
        .map((p) => p.replace(/~1/g, '/').replace(/~0/g, '~'));
      const last = parts.pop()!;
      const parent = parts.reduce<Record<string, unknown> | undefined>(
        (o, p) => o?.[p] as Record<string, unknown> | undefined,
        next as unknown as Record<string, unknown>,
      );
      if (parent === undefined) return 'refused';
      if (op === 'test' && (parent[last] ?? null) !== value) return 'refused';
      if (op === 'add') parent[last] = value;
      if (op === 'remove' && Array.isArray(parent)) parent.splice(Number(last), 1);
    }
    const { metadata } = next as unknown as StoredJob;
    const bytes = Object.entries(metadata.annotations ?? {}).reduce(
      (n, [k, v]) => n + k.length + v.length,
      0,
    );
    if (bytes > mostAnnotationBytes) return 'refused';
    metadata.resourceVersion = String(++version);
    return next;
  }

  const unused = () => Promise.reject(new Error('not used here'));
  const store: StepStore = {
    createJob: unused,
    dryRunJob: unused,
    dryRunPod: unused,
    listJobs: unused,
    ensureConfigMap: unused,
    ensureOwned: unused,
    dryRunOwned: unused,
    async getJob(_, name) {
      await called(`get ${name}`);
      return named(name);
    },
    async patchJob(_, name, patch, _signal, _priority, onRefused) {
      await called(`patch ${name}`);
      const job = named(name);
      if (job === undefined) return 'refused';
      const next = patched(job, patch);
      if (next === 'refused') onRefused?.('its own words');
      if (next !== 'refused') jobs.set(next.metadata.uid, next);
      return next;
    },
    async patchPod(_, name, patch) {
      await called(`patch pod ${name}`);
      for (const [uid, list] of pods) {
        const at = list.findIndex((p) => podSeen(p).pod.name === name);
        const next = at < 0 ? 'refused' : patched(list[at]!, patch);
        if (next === 'refused') continue;
        pods.set(uid, list.with(at, next));
        return next;
      }
      return 'refused';
    },
    async listEvents(_, uid) {
      await called(`list Events of ${uid}`);
      return events.get(uid) ?? [];
    },
    async deletePod({ name, uid }, graceSeconds) {
      await called(`delete pod ${name} within ${graceSeconds} s`);
      const there = [...pods.values()].flat().find((pod) => (pod.metadata as { uid?: string })?.uid === uid);
      if (there === undefined || graceSeconds === 0) return undefined;
      const time = new Date(now() + graceSeconds * 1000).toISOString();
      const metadata = {
        ...(there.metadata as object),
        deletionTimestamp: time,
        deletionGracePeriodSeconds: graceSeconds,
        resourceVersion: String(++version),
      };
      return { ...there, metadata } as RawObject;
    },
    async listPods(_, uid) {
      await called(`list pods of ${uid}`);
      return pods.get(uid) ?? [];
    },
  };

  return {
    registry,
    store,
    calls,
    reactions,
    job: (uid = 'job-1') => jobs.get(uid),
    /** Puts a Job there; `show` tells the registry of it as a watch would. */
    put(job: StoredJob, show = true) {
      job.metadata.resourceVersion = String(++version);
      jobs.set(job.metadata.uid, job);
      if (show) registry.apply(jobSeen(job));
    },
    putPod(pod: RawObject, show = true) {
      const uid = podSeen(pod).pod.jobUid;
      pods.set(uid, [pod]);
      if (show) registry.apply(podSeen(pod));
    },
    /** What the API server has of Events about one object. */
    putEvents(uid: string, ...said: readonly RawObject[]) {
      events.set(uid, [...said]);
    },
    remove(uid = 'job-1') {
      jobs.delete(uid);
    },
    failNext(...errors: Error[]) {
      failures.push(...errors);
    },
    step: (uid = 'job-1') => registry.byJob(uid),
    /** The JSON of one of our annotations. */
    annotation(name: string, uid = 'job-1'): unknown {
      const text = jobs.get(uid)?.metadata.annotations[name];
      return text === undefined ? undefined : JSON.parse(text);
    },
  };
}
