import type { ControlPlane } from '../../test/support/control-plane/start.ts';
import type { Block, BlockResult, LoadSetup } from '../load/protocol.ts';
import { caughtUp, startBenchCluster, tenant } from '../support/bench-cluster.ts';
import { type Calm, createCalm } from '../support/calm.ts';
import { type ExecutorProcess, startExecutorProcess } from '../support/executor-process.ts';
import { type LoadProcess, startLoad } from '../support/load-process.ts';
import { pin } from '../support/processes.ts';

export interface Scenario {
  /** Whether Jobs get pods while they are submitted, as in production, or nothing but the API server and etcd moves. */
  readonly controllers: 'running' | 'frozen';
  /** `apart`: the control plane on one CPU, executor and clients on the other. `together`: all on all. */
  readonly placement: 'apart' | 'together';
  /** For the rates. */
  readonly inFlight: readonly number[];
}

export const nameOf = ({ controllers, placement }: Scenario): string => `${controllers}-${placement}`;

export type Way = 'raw' | 'grpc';

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
  /** How long a pair waits for others to leave the machine alone. */
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
    const setup: LoadSetup = { kubeconfig, grpc: executor.grpc, tenant, connections: options.connections };
    const load = { raw: await startLoad('raw', setup), grpc: await startLoad('grpc', setup) };
    closers.push(load.raw.stop, load.grpc.stop);
    if (scenario.placement === 'apart') {
      for (const pid of Object.values(controlPlane.pids())) pin(pid, 0);
      for (const { pid } of [executor, load.raw, load.grpc]) pin(pid, 1);
    }
    if (scenario.controllers === 'frozen') freeze(controlPlane);
    const pids = () => [...Object.values(controlPlane.pids()), executor.pid, load.raw.pid, load.grpc.pid];
    const calm = createCalm(pids);
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
