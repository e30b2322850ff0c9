import { create } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import {
  type ExecutorService,
  WatchStepRequestSchema,
  type WatchStepResponse,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepKeySchema, type Transition } from '../../gen/glip/executor/v1/step_pb.js';
import { jittered, nextCeiling } from '../lib/backoff.ts';
import type { Calls } from './client.ts';
import type { Io } from './io.ts';
import { isRefused, RpcError } from './rpc-error.ts';
import type { StepRef } from './step-ref.ts';
import { isOver } from './step-words.ts';

/** What a follower learns. */
export type FollowEvent =
  | { readonly kind: 'step'; readonly step: Step; readonly transition?: Transition }
  /** The first frame after a connection was lost. */
  | { readonly kind: 'connected' }
  /** `planned` when the server had announced the end of the stream: nothing is wrong then. */
  | {
      readonly kind: 'reconnecting';
      readonly error: RpcError;
      readonly delayMs: number;
      readonly planned: boolean;
    };

export interface FollowDeps {
  readonly calls: Pick<Calls<typeof ExecutorService>, 'watchStep'>;
  readonly io: Pick<Io, 'now' | 'sleep' | 'random'>;
  readonly signal: AbortSignal;
}

const backoff = { baseMs: 200, capMs: 5_000 };
/** Without any frame for so long the follower gives up: longer than a rolling update or a leader's loss takes. */
const patienceMs = 60_000;
/** A reset of the stream, or a proxy that went away, is INTERNAL, UNKNOWN or CANCELLED to grpc-js, not UNAVAILABLE. */
const lost = new Set(['UNAVAILABLE', 'INTERNAL', 'UNKNOWN', 'CANCELLED', 'RESOURCE_EXHAUSTED']);

/**
 * Follows a step to its end across lost connections and restarts of the executor, by cursor. Ends after the frame with
 * the final state. Throws what cannot be waited out: an unknown step, a refusal, silence for a minute, and at the first
 * attempt an address where nobody listens.
 */
export async function* follow(ref: StepRef, { calls, io, signal }: FollowDeps): AsyncGenerator<FollowEvent> {
  let cursor = '';
  let ceilingMs = 0;
  let lastFrame = io.now();
  let connected = false;
  let failure: RpcError | undefined;
  for (;;) {
    let pause: number | undefined;
    try {
      const request = create(WatchStepRequestSchema, { key: create(StepKeySchema, ref), cursor });
      for await (const frame of calls.watchStep(request, { signal })) {
        lastFrame = io.now();
        if (failure !== undefined && connected) yield { kind: 'connected' };
        failure = undefined;
        connected = true;
        ceilingMs = 0;
        cursor = frame.cursor || cursor;
        const event = eventOf(frame);
        if (event !== undefined) yield event;
        if (event !== undefined && isOver(event.step)) return;
        if (frame.frame.case === 'goodbye') {
          const { retryAfter } = frame.frame.value;
          pause = retryAfter === undefined ? 0 : Math.max(0, durationMs(retryAfter));
        }
      }
      failure = new RpcError('UNAVAILABLE', 'the stream ended before the step did');
    } catch (error) {
      failure = RpcError.from(error);
    }
    if (signal.aborted || (isRefused(failure) && !connected)) throw failure;
    if (failure.code === 'OUT_OF_RANGE' && cursor !== '') cursor = '';
    else if (!isLost(failure) || io.now() - lastFrame > patienceMs) throw failure;
    ceilingMs = nextCeiling(ceilingMs, backoff);
    const delayMs = jittered(ceilingMs, io.random, Math.min(patienceMs, failure.retryAfterMs ?? pause ?? 0));
    yield { kind: 'reconnecting', error: failure, delayMs, planned: pause !== undefined };
    await io.sleep(delayMs, signal);
  }
}

/** Whether a stream may be taken up again. INTERNAL with a reason is the executor's own word, and trying again does not change it. */
export function isLost({ code, reason }: RpcError): boolean {
  return lost.has(code) && (code === 'UNAVAILABLE' || reason === '');
}

function eventOf({ frame }: WatchStepResponse): Extract<FollowEvent, { kind: 'step' }> | undefined {
  if (frame.case === 'snapshot') return { kind: 'step', step: frame.value };
  if (frame.case !== 'update' || frame.value.step === undefined) return undefined;
  const { step, transition } = frame.value;
  return { kind: 'step', step, ...(transition !== undefined && { transition }) };
}
