import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import {
  type ExecutorService,
  type StepFilterSchema,
  WatchStepsRequestSchema,
  type WatchStepsResponse,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step } from '../../gen/glip/executor/v1/step_pb.js';
import type { Calls } from './client.ts';
import type { Io } from './io.ts';
import { type Resumed, resumed } from './resumed.ts';
import { nameOf } from './step-words.ts';

/** What a follower of many steps learns. */
export type FleetEvent =
  | { readonly kind: 'step'; readonly step: Step }
  /** The record of a step is gone, by its name. */
  | { readonly kind: 'forgotten'; readonly name: string }
  /** Everything that was there at the start has been told. */
  | { readonly kind: 'synced' }
  | Exclude<Resumed<WatchStepsResponse>, { kind: 'frame' }>;

export interface FollowFleetDeps {
  readonly calls: Pick<Calls<typeof ExecutorService>, 'watchSteps'>;
  readonly io: Pick<Io, 'now' | 'sleep' | 'random'>;
  readonly signal: AbortSignal;
}

/** Follows all steps that match, across lost connections and restarts of the executor, until the caller leaves. Throws what `resumed` throws. */
export async function* followFleet(
  filter: MessageInitShape<typeof StepFilterSchema>,
  { calls, io, signal }: FollowFleetDeps,
): AsyncGenerator<FleetEvent> {
  const known = new Set<string>();
  /** What was known before a stream began anew, and was not told again: at its Synced it is gone. */
  let missing = new Set<string>();
  const open = (cursor: string) => {
    missing = new Set(cursor === '' ? known : []);
    return calls.watchSteps(create(WatchStepsRequestSchema, { filter, cursor }), { signal });
  };
  const told = (step: Step): FleetEvent => {
    const name = nameOf(step);
    known.add(name);
    missing.delete(name);
    return { kind: 'step', step };
  };
  for await (const event of resumed({ open, io, signal, unfinished: 'the stream ended' })) {
    if (event.kind !== 'frame') {
      yield event;
      continue;
    }
    const { frame } = event.frame;
    if (frame.case === 'snapshot') yield told(frame.value);
    else if (frame.case === 'update' && frame.value.step !== undefined) yield told(frame.value.step);
    else if (frame.case === 'forgotten') yield { kind: 'forgotten', name: nameOf(frame.value) };
    else if (frame.case === 'synced') {
      for (const name of missing) yield { kind: 'forgotten', name };
      missing.clear();
      yield { kind: 'synced' };
    }
  }
}
