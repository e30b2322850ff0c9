import { create } from '@bufbuild/protobuf';
import {
  type ExecutorService,
  WatchStepRequestSchema,
  type WatchStepResponse,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepKeySchema, type Transition } from '../../gen/glip/executor/v1/step_pb.js';
import type { Calls } from './client.ts';
import type { Io } from './io.ts';
import { type Resumed, resumed } from './resumed.ts';
import type { StepRef } from './step-ref.ts';
import { isOver } from './step-words.ts';

/** What a follower learns. */
export type FollowEvent =
  | { readonly kind: 'step'; readonly step: Step; readonly transition?: Transition }
  | Exclude<Resumed<WatchStepResponse>, { kind: 'frame' }>;

export interface FollowDeps {
  readonly calls: Pick<Calls<typeof ExecutorService>, 'watchStep'>;
  readonly io: Pick<Io, 'now' | 'sleep' | 'random'>;
  readonly signal: AbortSignal;
}

/**
 * Follows a step to its end across lost connections and restarts of the executor. Ends after the frame with the final state. Throws what
 * `resumed` throws, as for an unknown step.
 */
export async function* follow(ref: StepRef, { calls, io, signal }: FollowDeps): AsyncGenerator<FollowEvent> {
  const open = (cursor: string) =>
    calls.watchStep(create(WatchStepRequestSchema, { key: create(StepKeySchema, ref), cursor }), { signal });
  const unfinished = 'the stream ended before the step did';
  for await (const event of resumed({ open, io, signal, unfinished })) {
    if (event.kind !== 'frame') {
      yield event;
      continue;
    }
    const news = eventOf(event.frame);
    if (news !== undefined) yield news;
    if (news !== undefined && isOver(news.step)) return;
  }
}

function eventOf({ frame }: WatchStepResponse): Extract<FollowEvent, { kind: 'step' }> | undefined {
  if (frame.case === 'snapshot') return { kind: 'step', step: frame.value };
  if (frame.case !== 'update' || frame.value.step === undefined) return undefined;
  const { step, transition } = frame.value;
  return { kind: 'step', step, ...(transition !== undefined && { transition }) };
}
