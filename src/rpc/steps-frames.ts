import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type WatchStepsResponse,
  WatchStepsResponseSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { ToldOfSteps } from '../step/follow-steps.ts';
import { freshnessOf, goodbye, heartbeat, type StreamFramesDeps } from './stream-frames.ts';
import { stepToProto, transitionToProto } from './to-proto.ts';

type FrameInit = NonNullable<(MessageInitShape<typeof WatchStepsResponseSchema> & object)['frame']>;

/** So many frames are kept for the readers that come next: those who keep up, or who start together, read the same ones. */
const kept = 1_024;

/**
 * Frames of WatchSteps. Readers of the same filter at the same place get the same object, which the server serialises once; what is kept
 * for that is bounded, and no reader has any of it to itself.
 */
export function createStepsFrames(deps: StreamFramesDeps) {
  const shared = new Map<string, WatchStepsResponse>();
  const make = (frame: FrameInit, cursor: string) => create(WatchStepsResponseSchema, { frame, cursor });
  const share = (id: string, frame: () => FrameInit, cursor: string): WatchStepsResponse => {
    const key = `${id} ${cursor}`;
    const known = shared.get(key);
    if (known !== undefined) return known;
    const made = make(frame(), cursor);
    shared.set(key, made);
    if (shared.size > kept) shared.delete(shared.keys().next().value ?? '');
    return made;
  };

  return {
    of(told: ToldOfSteps, cursor: string, gap: boolean): WatchStepsResponse {
      switch (told.kind) {
        case 'snapshot':
        case 'update':
        case 'replayed':
        case 'forgotten': {
          const index = told.kind === 'update' ? told.index : 0;
          return share(`${told.kind} ${told.change.sequence} ${index}`, () => frameOf(told), cursor);
        }
        case 'synced':
          return make({ case: 'synced', value: { steps: told.steps, gap, ...freshnessOf(deps) } }, cursor);
        case 'quiet':
          return make({ case: 'heartbeat', value: heartbeat(deps) }, cursor);
        default: {
          const never: never = told;
          return never;
        }
      }
    },
    goodbye: (reason: string, cursor: string) => make({ case: 'goodbye', value: goodbye(reason) }, cursor),
  };
}

function frameOf(
  told: Extract<ToldOfSteps, { kind: 'snapshot' | 'update' | 'replayed' | 'forgotten' }>,
): FrameInit {
  const { step, events } = told.change;
  switch (told.kind) {
    case 'snapshot':
      return { case: 'snapshot', value: stepToProto(step) };
    case 'replayed':
      return { case: 'update', value: { step: stepToProto(step), replayed: true } };
    case 'update': {
      const event = events[told.index];
      const transition = event?.transition && { transition: transitionToProto(event.transition) };
      return { case: 'update', value: { ...transition, step: stepToProto(event?.step ?? step) } };
    }
    case 'forgotten':
      return { case: 'forgotten', value: { key: step.key, jobUid: step.job.uid } };
    default: {
      const never: never = told;
      return never;
    }
  }
}
