import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import type { TestExecutor } from '../../support/executor.ts';
import type { aStep, StepWish } from '../../support/step.ts';
import type { Watch } from '../../support/watch.ts';

/** What the tests of one contract run share: a cluster with a tenant, and two executors in front of it. */
export interface ContractContext {
  readonly cluster: TestCluster;
  /** Of the first replica. */
  readonly client: ExecutorClient;
  /** Of the second. */
  readonly other: ExecutorClient;
  readonly replicas: readonly [TestExecutor, TestExecutor];
  readonly tenant: string;
  readonly namespace: string;
  /** A step of the shared tenant. */
  step(wish?: Partial<StepWish>): ReturnType<typeof aStep>;
  /** Submits a step whose agent hangs, and resolves when it runs and can hear a SIGTERM. */
  running(wish?: Partial<StepWish>): Promise<RunningStep>;
  /** Another executor on the cluster, stopped at the end of the run at the latest. */
  executor(config?: Readonly<Record<string, unknown>>): Promise<TestExecutor>;
}

/** A step that runs, with a stream that has seen it from the start. */
export interface RunningStep {
  readonly request: ReturnType<typeof aStep>;
  readonly watch: Watch;
  readonly step: Step;
}

/** A part of the contract: registers its tests. The context is there when they run. */
export type ContractPart = (context: () => ContractContext) => void;
