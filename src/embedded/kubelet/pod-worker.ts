import { pause, timestamp } from '../clock.ts';
import type { ContainerState, Pod } from '../objects.ts';
import { type ContainerDeps, type RunningContainer, startContainer } from './container.ts';
import { RefusedError } from './environment.ts';
import type { LogFile } from './log-file.ts';
import { NEVER_RAN, type PodView, startError } from './pod-status.ts';
import { configure, mountVolumes, type PreparationDeps, pullImage, refusalOf } from './preparation.ts';
import { StartError } from './process.ts';
import type { StopOrder } from './stop-order.ts';

export type PodWorkerDeps = Omit<PreparationDeps, 'signal'> &
  ContainerDeps & {
    readonly pod: Pod;
    readonly directory: string;
    readonly stop: StopOrder;
    /** Told of each log as soon as there is one. */
    readonly onLog: (container: string, log: LogFile) => void;
  };

const DEADLINE = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

/** The end of a container that has one, for the pod's phase. */
function succeeded(states: Iterable<{ state: ContainerState }>): boolean {
  return [...states].every(({ state }) => state.terminated?.exitCode === 0);
}

/** Leads one pod from its node's first word about it to its end. Resolves when nothing of it runs and its end is told. */
export async function runPod(deps: PodWorkerDeps): Promise<void> {
  const { clock, delays, reporter, stop, pod, directory } = deps;
  const { signal } = stop;
  const preparation: PreparationDeps = { ...deps, signal };
  const states = new Map<string, { state: ContainerState; containerID?: string }>();
  const running: RunningContainer[] = [];
  let view: PodView = { startTime: timestamp(clock.now()), sandbox: 'none', states, phase: 'Pending' };

  const tell = (change: Partial<PodView> = {}) => {
    view = { ...view, ...change };
    reporter.status(view);
  };
  const setState = (name: string, state: ContainerState) => {
    states.set(name, { state });
    tell();
  };

  const startOne = async (container: Pod['spec']['containers'][number]): Promise<void> => {
    const { name } = container;
    try {
      const refusal = refusalOf(pod);
      if (refusal !== undefined) throw new RefusedError(refusal);
      const entry = await pullImage(preparation, container, setState);
      const prepared = entry && (await configure(preparation, pod, container, entry, directory, setState));
      if (prepared === undefined || !(await pause(clock, delays.create, signal))) return;
      reporter.event('Normal', 'Created', 'Container created', name);
      const started = await startContainer(deps, prepared);
      running.push(started);
      deps.onLog(name, started.log);
      states.set(name, { state: { running: { startedAt: started.startedAt } }, containerID: started.id });
      reporter.event('Normal', 'Started', 'Container started', name);
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof StartError)) throw error;
      reporter.event('Warning', 'Failed', `Error: ${error.message}`, name);
      states.set(name, { state: startError(error.message, clock.now()) });
    }
  };

  /** The ends of the containers, each told after its delay unless the pod is being stopped: then all of them are told at once. */
  const awaitEnds = () =>
    Promise.all(
      running.map(async ({ name, id, ended }) => {
        const state = await ended;
        const told = await pause(clock, delays.reportEnd, signal);
        states.set(name, { state, containerID: id });
        if (told) tell();
      }),
    );

  const finish = () => {
    const unfinished = pod.spec.containers.filter(
      ({ name }) => states.get(name)?.state.terminated === undefined,
    );
    for (const { name } of unfinished) states.set(name, { state: NEVER_RAN });
    const overdue = stop.reason() === 'deadline';
    const phase = succeeded(states.values()) && !overdue ? 'Succeeded' : 'Failed';
    tell({ phase, sandbox: 'gone', ...(overdue ? DEADLINE : {}) });
  };

  const endStopped = async (): Promise<void> => {
    if (stop.reason() === 'deadline') reporter.event('Normal', DEADLINE.reason, DEADLINE.message);
    else if (stop.reason() === 'deleted') {
      // The order is acknowledged before it is carried out, and why a container waited is forgotten, as on a real node.
      for (const [name, { state }] of states) if (state.waiting !== undefined) states.delete(name);
      tell();
    }
    stop.onKill(() => {
      for (const { program } of running) program.kill();
    });
    for (const { program } of running) program.terminate();
    await awaitEnds();
    if (stop.reason() === 'shutdown') return;
    await pause(clock, delays.reportKilled, new AbortController().signal);
    finish();
  };

  const endByItself = async (): Promise<void> => {
    const ends = awaitEnds();
    await Promise.race([ends, aborted(signal)]);
    if (signal.aborted && running.some(({ program }) => program.alive())) return endStopped();
    await ends;
    await pause(clock, delays.reportPhase, signal);
    finish();
  };

  if (await pause(clock, delays.acknowledge, signal)) {
    tell();
    stop.observe(reporter.pod());
    if ((await mountVolumes(preparation, pod, directory)) && (await pause(clock, delays.sandbox, signal))) {
      tell({ sandbox: 'ready' });
      await Promise.all(pod.spec.containers.map(startOne));
    }
  }
  if (running.length > 0) {
    await pause(clock, delays.reportStart, signal);
    tell({ phase: 'Running' });
  } else if (states.size > 0) tell();
  const settled = running.length > 0 || states.size === pod.spec.containers.length;
  await (signal.aborted || !settled ? endStopped() : endByItself());
  if (reporter.pod()?.metadata.deletionTimestamp !== undefined) {
    await pause(clock, delays.removePod, new AbortController().signal);
    reporter.remove();
  }
  stop.close();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
