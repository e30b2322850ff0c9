import { timestamp } from '../clock.ts';
import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from '../objects.ts';

/** What the kubelet knows of a pod, from which its whole status follows. */
export type PodView = {
  readonly startTime: string;
  readonly sandbox: 'none' | 'ready' | 'gone';
  readonly states: ReadonlyMap<string, { readonly state: ContainerState; readonly containerID?: string }>;
  readonly phase: string;
  readonly reason?: string;
  readonly message?: string;
};

/** Everything runs on this machine, under its loopback address. */
const ADDRESS = '127.0.0.1';

function containerStatus(
  container: Container,
  known: { state: ContainerState; containerID?: string } | undefined,
): ContainerStatus {
  const state = known?.state ?? { waiting: { reason: 'ContainerCreating' } };
  const running = state.running !== undefined;
  const id = known?.containerID;
  return {
    name: container.name,
    state,
    lastState: {},
    ready: running,
    restartCount: 0,
    image: container.image,
    imageID: id === undefined ? '' : `embedded://${container.image}`,
    ...(id === undefined ? {} : { containerID: id }),
    started: running,
  };
}

type Bare = {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
};

function readiness(statuses: readonly ContainerStatus[]): Omit<Bare, 'type'> {
  if (statuses.every(({ ready }) => ready)) return { status: 'True' };
  const ends = statuses.map(({ state }) => state.terminated);
  const unknown = ends.some((end) => end?.reason === 'ContainerStatusUnknown');
  if (ends.every((end) => end !== undefined) && !unknown) {
    return {
      status: 'False',
      reason: ends.every((end) => end?.exitCode === 0) ? 'PodCompleted' : 'PodFailed',
    };
  }
  const names = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${names.join(' ')}]`,
  };
}

const SANDBOX: Readonly<Record<PodView['sandbox'], Omit<Bare, 'type'>>> = {
  none: { status: 'False', reason: 'PodSandboxNotReady', message: 'no pod sandbox exists' },
  ready: { status: 'True' },
  gone: { status: 'False', reason: 'PodSandboxNotReady', message: 'pod sandbox is not ready' },
};

/** The status of a pod as its node reports it. Conditions of others stay; a condition keeps its time while its status does. */
export function podStatus(pod: Pod, view: PodView, now: number): PodStatus {
  const statuses = pod.spec.containers.map((container) =>
    containerStatus(container, view.states.get(container.name)),
  );
  const ready = readiness(statuses);
  const observed = pod.metadata.generation;
  const bare: Bare[] = [
    { type: 'PodReadyToStartContainers', ...SANDBOX[view.sandbox] },
    {
      type: 'Initialized',
      status: 'True',
      ...(ready.reason === 'PodCompleted' ? { reason: 'PodCompleted' } : {}),
    },
    { type: 'Ready', ...ready },
    { type: 'ContainersReady', ...ready },
    { type: 'PodScheduled', status: 'True' },
  ];
  const before = pod.status.conditions ?? [];
  const conditions = bare.map((condition): PodCondition => {
    const known = before.find(({ type }) => type === condition.type);
    const since = known?.status === condition.status ? known.lastTransitionTime : undefined;
    const generation = observed === undefined ? {} : { observedGeneration: observed };
    return { ...generation, lastProbeTime: null, lastTransitionTime: since ?? timestamp(now), ...condition };
  });
  const others = before.filter(({ type }) => !bare.some((condition) => condition.type === type));
  return {
    ...(observed === undefined ? {} : { observedGeneration: observed }),
    phase: view.phase,
    ...(view.reason === undefined ? {} : { reason: view.reason }),
    ...(view.message === undefined ? {} : { message: view.message }),
    conditions: [...conditions, ...others],
    hostIP: ADDRESS,
    hostIPs: [{ ip: ADDRESS }],
    ...(view.sandbox === 'none' ? {} : { podIP: ADDRESS, podIPs: [{ ip: ADDRESS }] }),
    startTime: view.startTime,
    containerStatuses: statuses,
    ...(pod.status.qosClass === undefined ? {} : { qosClass: pod.status.qosClass }),
  };
}

/** How a container appears that never ran and never will. */
export const NEVER_RAN: ContainerState = {
  terminated: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: null,
    finishedAt: null,
  },
};

/** A container that could not be started: it has an end without ever having begun. */
export function startError(message: string, now: number): ContainerState {
  const times = { startedAt: '1970-01-01T00:00:00Z', finishedAt: timestamp(now) };
  return { terminated: { exitCode: 128, reason: 'StartError', message, ...times } };
}
