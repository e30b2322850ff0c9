import { create } from '@bufbuild/protobuf';
import { ExecutorService, GetStepRequestSchema } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { StepKey } from '../../gen/glip/executor/v1/step_pb.js';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../gen/grpc/health/v1/health_pb.js';
import { createClient } from '../../src/cli/client.ts';
import type { Address } from '../../src/config/address.ts';
import { until } from '../../test/support/control-plane/until.ts';
import { cpuMs } from '../../test/support/processes.ts';
import {
  type ExecutorProcess,
  type ExecutorProcessOptions,
  startExecutorProcess,
} from '../support/executor-process.ts';
import { round } from '../support/statistics.ts';

/** Milliseconds from the start of the process. */
export interface StartTime {
  readonly listening: number;
  /** GetStep answers. */
  readonly firstAnswer: number;
  /** Health says SERVING. */
  readonly serving: number;
  /** CPU time of the process until then. */
  readonly cpu: number;
}

/** Starts an executor and asks it, from the moment it listens, for one step and for its health. */
export async function startMeasured(
  options: ExecutorProcessOptions,
  key: StepKey,
): Promise<{ readonly executor: ExecutorProcess; readonly times: StartTime }> {
  const began = performance.now();
  const since = (): number => round(performance.now() - began);
  let asking: Promise<StartTime> | undefined;
  const executor = await startExecutorProcess({
    ...options,
    onListening: ({ pid, grpc }) => {
      const listening = since();
      asking = ask(grpc, key, since).then((asked) => ({ listening, ...asked, cpu: cpuMs(pid) }));
    },
  });
  if (asking === undefined) throw new Error('it serves and never listened');
  return { executor, times: await asking };
}

async function ask(grpc: Address, key: StepKey, since: () => number) {
  const steps = createClient(ExecutorService, grpc);
  const health = createClient(Health, grpc);
  const bound = { timeoutMs: 60_000 };
  const when = async (what: string, ask: () => Promise<boolean>): Promise<number> => {
    await until(what, ask, { timeoutMs: 120_000, everyMs: 20 });
    return since();
  };
  const getStep = async () =>
    (await steps.calls.getStep(create(GetStepRequestSchema, { key }), bound)).step !== undefined;
  const serves = async () =>
    (await health.calls.check(create(HealthCheckRequestSchema, {}), bound)).status === Serving.SERVING;
  const [firstAnswer, serving] = await Promise.all([when('an answer', getStep), when('SERVING', serves)]);
  steps.close();
  health.close();
  return { firstAnswer, serving };
}
