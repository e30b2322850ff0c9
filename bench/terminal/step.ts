import { create } from '@bufbuild/protobuf';
import {
  type ExecutorService,
  type SubmitStepRequest,
  WatchStepRequestSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step } from '../../gen/glip/executor/v1/step_pb.js';
import type { RpcClient } from '../../src/cli/client.ts';
import { isFinal, isRunning } from '../../test/support/states.ts';
import { stepOf } from '../../test/support/watch.ts';

type Calls = RpcClient<typeof ExecutorService>['calls'];

/** A step whose agent runs, with somebody watching. */
export interface RunningStep {
  readonly step: Step;
  /** The step as it ended, and when its last frame came. */
  readonly end: Promise<{ readonly step: Step; readonly at: number }>;
}

/** Submits a step and watches it; resolves when its agent runs. */
export async function startStep(calls: Calls, request: SubmitStepRequest): Promise<RunningStep> {
  await calls.submitStep(request);
  const running = Promise.withResolvers<Step>();
  const read = async (): Promise<{ step: Step; at: number }> => {
    const { key } = request;
    if (key === undefined) throw new Error('a request without a key');
    for await (const frame of calls.watchStep(create(WatchStepRequestSchema, { key }))) {
      const at = performance.now();
      const step = stepOf(frame);
      if (step !== undefined && isFinal(step)) return { step, at };
      if (step !== undefined && isRunning(step)) running.resolve(step);
    }
    throw new Error('the watch ended without an end of the step');
  };
  const end = read();
  end.catch(running.reject);
  return { step: await running.promise, end };
}
