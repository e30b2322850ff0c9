import type { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { createAckStep } from './ack-step.ts';
import { type CancelDeps, createCancelStep } from './cancel-step.ts';
import { createGetStep } from './get-step.ts';
import type { CallContext, ServiceHandlers } from './handler.ts';
import { createListSteps } from './list-steps.ts';
import { createStreamLogs, type StreamLogsDeps } from './stream-logs.ts';
import { createSubmitStep, type SubmitDeps } from './submit-step.ts';
import { createWatchStep, type WatchDeps } from './watch-step.ts';
import { createWatchSteps, type WatchStepsDeps } from './watch-steps.ts';

export interface ExecutorServiceDeps
  extends SubmitDeps,
    CancelDeps,
    WatchDeps,
    WatchStepsDeps,
    StreamLogsDeps {
  readonly registry: SubmitDeps['registry'];
  /** Throws UNAVAILABLE while the executor does not know the cluster yet, or for a new step while it drains. */
  readonly admit: (what: 'new step' | 'known steps', context: CallContext) => void;
}

/** The handlers of ExecutorService, for gRPC and HTTP alike. */
export function createExecutorService(deps: ExecutorServiceDeps): ServiceHandlers<typeof ExecutorService> {
  const submitStep = createSubmitStep(deps);
  const cancelStep = createCancelStep(deps);
  const watchStep = createWatchStep(deps);
  const watchSteps = createWatchSteps(deps);
  const streamLogs = createStreamLogs(deps);
  const ackStep = createAckStep(deps);
  const getStep = createGetStep(deps);
  const listSteps = createListSteps(deps);
  const { admit } = deps;
  return {
    submitStep: async (request, context) => {
      admit('new step', context);
      return submitStep(request, context);
    },
    cancelStep: async (request, context) => {
      admit('known steps', context);
      return cancelStep(request, context);
    },
    watchStep: async function* (request, context) {
      admit('known steps', context);
      yield* watchStep(request, context);
    },
    watchSteps: async function* (request, context) {
      admit('known steps', context);
      yield* watchSteps(request, context);
    },
    streamLogs: async function* (request, context) {
      admit('known steps', context);
      yield* streamLogs(request, context);
    },
    ackStep: async (request, context) => {
      admit('known steps', context);
      return ackStep(request, context);
    },
    getStep: async (request, context) => {
      admit('known steps', context);
      return getStep(request, context);
    },
    listSteps: async (request, context) => {
      admit('known steps', context);
      return listSteps(request, context);
    },
  };
}
