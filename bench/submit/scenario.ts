import type { ControlPlane } from '../../test/support/control-plane/start.ts';
import { pin } from '../../test/support/processes.ts';
import type { Block, BlockResult, LoadSetup } from '../load/protocol.ts';
import { caughtUp, startBenchCluster, tenant } from '../support/bench-cluster.ts';
import { type Calm, createCalm } from '../support/calm.ts';
import { type ExecutorProcess, startExecutorProcess } from '../support/executor-process.ts';
import { type LoadProcess, startLoad } from '../support/load-process.ts';

export interface Scenario {
  /** Whether Jobs get pods while they are submitted, as in production, or nothing but the API server and etcd moves. */
  readonly controllers: 'running' | 'frozen';
  /** `apart`: the control plane on one CPU, executor and clients on the other. `together`: all on all. */
  readonly placement: 'apart' | 'together';
  /** For the rates. */
  readonly inFlight: readonly number[];
}

export const nameOf = ({ controllers, placement }: Scenario): string => `${controllers}-${placement}`;

/**
 * `raw`: the two creates, and nobody watches the Job. `followed`: the same, and the executor watches it, as somebody must who wants to
 * know how it ends. `grpc`: SubmitStep.
 */
export type Way = 'raw' | 'followed' | 'grpc';

/** Everything that one scenario runs with. */
export interface Stage {
  readonly scenario: Scenario;
  readonly controlPlane: ControlPlane;
  readonly executor: ExecutorProcess;
  readonly load: Readonly<Record<Way, LoadProcess>>;
  /** Begins a window: see Calm. */
  readonly window: Calm['window'];
  run(way: Way, block: Block): Promise<BlockResult>;
  /** Waits until the controllers have done what all Jobs so far give them to do. */
  settle(): Promise<void>;
  /** Waits, within bounds, until other programs leave the machine alone. */
  quiet(): Promise<void>;
}

export interface StageOptions {
  readonly connections: number;
  /** How long a round waits for others to leave the machine alone. */
  readonly patienceMs: number;
  readonly nodeFlags?: readonly string[];
}

/** Runs on a new control plane, so that no scenario feels the objects of another, and ends all of it. */
export async function withStage<T>(
  scenario: Scenario,
  options: StageOptions,
  run: (stage: Stage) => Promise<T>,
): Promise<T> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const controlPlane = await startBenchCluster();
    closers.push(controlPlane.stop);
    const { kubeconfig } = controlPlane;
    const executor = await startExecutorProcess({ kubeconfig, nodeFlags: options.nodeFlags ?? [] });
    closers.push(executor.stop);
    const { connections } = options;
    const setup: LoadSetup = { kubeconfig, grpc: executor.grpc, tenant, connections, followed: false };
    const load = {
      raw: await startLoad('raw.ts', setup),
      followed: await startLoad('raw.ts', { ...setup, followed: true }),
      grpc: await startLoad('grpc.ts', setup),
    };
    const loads = Object.values(load);
    closers.push(...loads.map((each) => each.stop));
    const pids = [executor, ...loads].map(({ pid }) => pid);
    if (scenario.placement === 'apart') {
      for (const pid of Object.values(controlPlane.pids())) pin(pid, 0);
      for (const pid of pids) pin(pid, 1);
    }
    if (scenario.controllers === 'frozen') freeze(controlPlane);
    const calm = createCalm(() => [...Object.values(controlPlane.pids()), ...pids]);
    let jobs = 0;
    return await run({
      scenario,
      controlPlane,
      executor,
      load,
      window: calm.window,
      quiet: async () => void (await calm.until(options.patienceMs)),
      run: (way, block) => {
        jobs += block.count;
        return load[way].run(block);
      },
      settle: async () => {
        if (scenario.controllers === 'running') await caughtUp(controlPlane, jobs);
      },
    });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

function freeze(controlPlane: ControlPlane): void {
  for (const component of ['kube-controller-manager', 'kube-scheduler', 'kwok'] as const) {
    controlPlane.signal(component, 'SIGSTOP');
  }
}
