import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  AckStepRequestSchema,
  CancelStepRequestSchema,
  ExecutorService,
  GetStepRequestSchema,
  type ListStepsRequestSchema,
  type ListStepsResponse,
  ListStepsRequestSchema as listRequest,
  type StepFilterSchema,
  StreamLogsRequestSchema,
  SubmitStepRequestSchema,
  type SubmitStepResponse,
  WatchStepRequestSchema,
  WatchStepsRequestSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepKeySchema } from '../../gen/glip/executor/v1/step_pb.js';
import { createClient, type RpcClient } from '../../src/cli/client.ts';
import { RpcError } from '../../src/cli/rpc-error.ts';
import type { Address } from '../../src/config/address.ts';
import { type Logs, openLogs } from './logs.ts';
import { openWatch, type Watch } from './watch.ts';
import { openWatchSteps, type WatchSteps } from './watch-steps.ts';

export { RpcError };

export type KeyInit = MessageInitShape<typeof StepKeySchema>;
export type FilterInit = MessageInitShape<typeof StepFilterSchema>;
export type LogsInit = MessageInitShape<typeof StreamLogsRequestSchema>;
export type SubmitInit = MessageInitShape<typeof SubmitStepRequestSchema>;

/** The RPCs as tests say them: plain values in, messages or RpcError out. */
export interface ExecutorClient {
  readonly rpc: RpcClient<typeof ExecutorService>;
  submit(request: SubmitInit): Promise<SubmitStepResponse>;
  /** The step of a submit that must be accepted. */
  submitted(request: SubmitInit): Promise<Step>;
  cancel(key: KeyInit, reason?: string, more?: CancelInit): Promise<Step>;
  get(key: KeyInit): Promise<Step>;
  list(request?: MessageInitShape<typeof ListStepsRequestSchema>): Promise<ListStepsResponse>;
  /** Opens a stream that is read at once; `close` of the client ends it too. */
  watch(key: KeyInit, cursor?: string): Watch;
  /** The same for many steps. */
  watchSteps(filter?: FilterInit, cursor?: string): WatchSteps;
  /** Opens a stream of output that is read at once. */
  logs(request: LogsInit): Logs;
  ack(key: KeyInit): Promise<void>;
  close(): void;
}

/** How hard to cancel. */
type CancelInit = Pick<MessageInitShape<typeof CancelStepRequestSchema>, 'gracePeriod' | 'force'>;

/** Far above what any call takes on a busy machine; a call that hangs must not hang the suite. */
const timeoutMs = 30_000;

/** `own`: a TCP connection that it shares with no other client of the same address. */
export function connect(address: Address, { own = false } = {}): ExecutorClient {
  const rpc = createClient(ExecutorService, address, own ? { 'grpc.use_local_subchannel_pool': 1 } : {});
  const { calls } = rpc;
  const closing = new AbortController();
  const submit = (request: SubmitInit) =>
    calls.submitStep(create(SubmitStepRequestSchema, request), { timeoutMs });
  return {
    rpc,
    submit,
    async submitted(request) {
      const { step } = await submit(request);
      if (step === undefined) throw new Error('the answer to a submit has no step');
      return step;
    },
    async cancel(key, reason = '', more = {}) {
      const target = { case: 'key', value: create(StepKeySchema, key) } as const;
      const { steps } = await calls.cancelStep(create(CancelStepRequestSchema, { target, reason, ...more }), {
        timeoutMs,
      });
      const [step] = steps;
      if (step === undefined || steps.length > 1)
        throw new Error(`a cancel of one step answered ${steps.length}`);
      return step;
    },
    async get(key) {
      const { step } = await calls.getStep(create(GetStepRequestSchema, { key }), { timeoutMs });
      if (step === undefined) throw new Error('the answer to a get has no step');
      return step;
    },
    list: (request = {}) => calls.listSteps(create(listRequest, request), { timeoutMs }),
    watch: (key, cursor = '') =>
      openWatch(
        (signal) => calls.watchStep(create(WatchStepRequestSchema, { key, cursor }), { signal }),
        closing.signal,
      ),
    watchSteps: (filter = {}, cursor = '') =>
      openWatchSteps(
        (signal) => calls.watchSteps(create(WatchStepsRequestSchema, { filter, cursor }), { signal }),
        closing.signal,
      ),
    logs: (request) =>
      openLogs(
        (signal) => calls.streamLogs(create(StreamLogsRequestSchema, request), { signal }),
        closing.signal,
      ),
    async ack(key) {
      await calls.ackStep(create(AckStepRequestSchema, { key }), { timeoutMs });
    },
    close() {
      closing.abort();
      rpc.close();
    },
  };
}

/** The error of a call that must fail. */
export async function refusal(call: Promise<unknown>): Promise<RpcError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
  throw new Error('the call was to fail and did not');
}
