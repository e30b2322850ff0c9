import type { Outcome, Step } from '../../gen/glip/executor/v1/step_pb.js';
import { FailureCategory, RetryAdvice } from '../../gen/glip/executor/v1/step_pb.js';
import type { ExecutorClient } from '../support/client.ts';
import type { TestExecutor } from '../support/executor.ts';
import { shellImage } from '../support/node/images/catalogue.ts';
import type { NodeCluster } from '../support/node-cluster.ts';
import { stateName } from '../support/states.ts';
import type { aStep, StepWish } from '../support/step.ts';
import type { Watch } from '../support/watch.ts';

/** What the cases share: a real node with a tenant, and an executor in front of it. */
export interface NodeContext {
  readonly cluster: NodeCluster;
  readonly executor: TestExecutor;
  readonly client: ExecutorClient;
  readonly tenant: string;
  readonly namespace: string;
  /** Under RECORD=1: keeps what the cluster shows of that step as the fixture of that name, in test/fixtures/own. */
  record(name: string, step: Step): void;
  /** A step of the tenant; of the probe agent, unless the wish names another image. */
  step(wish?: Partial<StepWish>): ReturnType<typeof aStep>;
  /** Submits a step and follows it. */
  submitted(wish?: Partial<StepWish>): Promise<Followed>;
  /** As `submitted`, and resolves when its agent runs and has said `ready` or listens. */
  running(wish?: Partial<StepWish>): Promise<Followed & { readonly step: Step }>;
}

export interface Followed {
  readonly request: ReturnType<typeof aStep>;
  readonly watch: Watch;
}

/** A family of cases: registers its tests. The context is there when they run. */
export type Family = (context: () => NodeContext) => void;

/** A step whose agent is a line of shell. */
export const shell = (script: string, more: Partial<StepWish> = {}): Partial<StepWish> => ({
  ...more,
  spec: { agent: { name: 'TEST.SHELL', version: '1.0.0', image: shellImage }, ...more.spec },
  options: { args: [script], ...more.options },
});

/** How a step ended, in words: for tables. */
export function ending(step: Step): object {
  const { outcome } = step;
  return {
    state: stateName(step),
    category: FailureCategory[outcome?.category ?? 0],
    reason: outcome?.reason,
    ...told('exitCode', outcome),
    ...told('signal', outcome),
    retry: RetryAdvice[outcome?.retry ?? 0],
    mayHaveStarted: outcome?.mayHaveStarted,
  };
}

const told = (name: 'exitCode' | 'signal', outcome: Outcome | undefined): object =>
  outcome?.[name] === undefined ? {} : { [name]: outcome[name] };
