import { callerLabels, jobUidLabel, prefix, retainFinalizer, startGate } from './metadata.ts';
import {
  agentContainer,
  type ConditionView,
  type ContainerState,
  type JobView,
  type Observation,
  type PodView,
} from './observation.ts';
import { heldBy, nodeWish } from './project-wish.ts';
import { list, number, type RawObject, record, strings, text, time } from './raw.ts';
import { evictionTolerations } from './tolerations.ts';

export type { RawObject } from './raw.ts';

function conditions(value: unknown): ConditionView[] {
  return list(value).map((c) => ({
    type: text(c.type),
    status: text(c.status),
    reason: text(c.reason),
    message: text(c.message),
    time: time(c.lastTransitionTime),
  }));
}

export function projectJob(object: RawObject): JobView {
  const metadata = record(object.metadata);
  const spec = record(object.spec);
  const status = record(object.status);
  const podSpec = record(record(spec.template).spec);
  const containers = list(podSpec.containers);
  const agent = containers.find((c) => c.name === agentContainer) ?? containers[0];
  const heldAt = Array.isArray(metadata.finalizers) ? metadata.finalizers.indexOf(retainFinalizer) : -1;
  return {
    uid: text(metadata.uid),
    namespace: text(metadata.namespace),
    name: text(metadata.name),
    createTime: time(metadata.creationTimestamp) ?? 0,
    deleteTime: time(metadata.deletionTimestamp),
    ...(heldAt >= 0 && { heldAt }),
    annotations: Object.fromEntries(
      Object.entries(strings(metadata.annotations)).filter(([key]) => key.startsWith(prefix)),
    ),
    labels: callerLabels(strings(metadata.labels)),
    image: text(agent?.image),
    graceSeconds: number(podSpec.terminationGracePeriodSeconds) ?? 30,
    suspended: spec.suspend === true,
    // Each change of the spec makes another generation.
    ...(spec.suspend === true && metadata.generation === 1 && { bornSuspended: true }),
    replaces: replacesDisrupted(spec),
    ...(gateAt(podSpec) >= 0 && { startsOnce: true }),
    deadlineSeconds: number(spec.activeDeadlineSeconds),
    startTime: time(status.startTime),
    conditions: conditions(status.conditions),
    failed: number(status.failed) ?? 0,
    succeeded: number(status.succeeded) ?? 0,
  };
}

export function projectPod(object: RawObject): PodView {
  const metadata = record(object.metadata);
  const spec = record(object.spec);
  const status = record(object.status);
  const owner = list(metadata.ownerReferences).find((o) => o.kind === 'Job' && o.controller === true);
  const statuses = list(status.containerStatuses);
  const agent = statuses.find((c) => c.name === agentContainer);
  const seen = conditions(status.conditions);
  const held = gateAt(spec);
  const unplaced = seen.some((c) => c.type === 'PodScheduled' && c.status === 'False');
  return {
    uid: text(metadata.uid),
    namespace: text(metadata.namespace),
    name: text(metadata.name),
    jobUid: text(owner?.uid) || text(record(metadata.labels)[jobUidLabel]),
    createTime: time(metadata.creationTimestamp) ?? 0,
    deleteTime: time(metadata.deletionTimestamp),
    deleteGraceSeconds: number(metadata.deletionGracePeriodSeconds) ?? 0,
    phase: text(status.phase),
    reason: text(status.reason),
    message: text(status.message),
    node: text(spec.nodeName),
    gated: list(spec.schedulingGates).length > 0,
    ...(held >= 0 && { gateAt: held }),
    conditions: seen,
    agent: agent && containerState(record(agent.state)),
    created: text(agent?.containerID) !== '',
    imageId: text(agent?.imageID),
    failedInit: failedInit(list(status.initContainerStatuses)),
    running: runningNames([...statuses, ...list(status.initContainerStatuses)]),
    heldBy: heldBy(list(status.initContainerStatuses)),
    asks: unplaced ? nodeWish(spec) : undefined,
    tolerations: evictionTolerations(spec),
  };
}

const gateAt = (podSpec: RawObject): number =>
  list(podSpec.schedulingGates).findIndex(({ name }) => name === startGate);

/** Whether the Job makes another pod when one fails that was marked as disrupted; see jobPolicy in objects.ts. */
function replacesDisrupted(spec: RawObject): boolean {
  const [first] = list(record(spec.podFailurePolicy).rules);
  return first?.action === 'Ignore' && list(first.onPodConditions).some((c) => c.type === 'DisruptionTarget');
}

const nobody: readonly string[] = [];

function runningNames(statuses: readonly RawObject[]): readonly string[] {
  const names = statuses
    .filter((s) => s.name !== agentContainer && 'running' in record(s.state))
    .map((s) => text(s.name));
  return names.length === 0 ? nobody : names;
}

function containerState(state: RawObject): ContainerState | undefined {
  if ('terminated' in state) {
    const t = record(state.terminated);
    return {
      kind: 'terminated',
      exitCode: number(t.exitCode) ?? 0,
      signal: number(t.signal),
      reason: text(t.reason),
      message: text(t.message),
      startTime: time(t.startedAt),
      endTime: time(t.finishedAt),
    };
  }
  if ('running' in state) return { kind: 'running', startTime: time(record(state.running).startedAt) };
  if ('waiting' in state) {
    const w = record(state.waiting);
    return { kind: 'waiting', reason: text(w.reason), message: text(w.message) };
  }
  return undefined;
}

function failedInit(statuses: readonly RawObject[]): PodView['failedInit'] {
  for (const status of statuses) {
    const terminated = record(record(status.state).terminated);
    const exitCode = number(terminated.exitCode);
    if (exitCode !== undefined && exitCode !== 0) {
      const endTime = time(terminated.finishedAt);
      return { name: text(status.name), exitCode, message: text(terminated.message), endTime };
    }
  }
  return undefined;
}

function versionOf(object: RawObject): string {
  return text(record(object.metadata).resourceVersion);
}

/** A Job as an API call has returned it. */
export function jobSeen(object: RawObject): Extract<Observation, { kind: 'job' }> {
  return { kind: 'job', job: projectJob(object), version: versionOf(object) };
}

/** A Pod as an API call has returned it. */
export function podSeen(object: RawObject): Extract<Observation, { kind: 'pod' }> {
  return { kind: 'pod', pod: projectPod(object), version: versionOf(object) };
}
