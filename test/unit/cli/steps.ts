import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type Outcome,
  type Step,
  StepPhase,
  StepSchema,
  StepState,
} from '../../../gen/glip/executor/v1/step_pb.js';

export const noon = Date.UTC(2026, 0, 2, 12, 0, 0);

type Init = Exclude<MessageInitShape<typeof StepSchema>, Step>;
type TransitionInit = NonNullable<Init['timeline']>[number];

export const key = { tenant: 'acme', runId: 'run-7', stepId: 'clean', attempt: 0 };

export function at(seconds: number, phase: StepPhase, state: StepState, more: object = {}): TransitionInit {
  return { phase, state, time: timestampFromMs(noon + seconds * 1000), ...more };
}

export const queued = at(0, StepPhase.QUEUED, StepState.PENDING);
export const running = at(2, StepPhase.RUNNING, StepState.RUNNING);

export function aStep(init: Init = {}): Step {
  return create(StepSchema, {
    key,
    state: StepState.RUNNING,
    phase: StepPhase.RUNNING,
    timeline: [queued, running],
    ...init,
  });
}

/** A step that is over. */
export function ended(
  state: StepState,
  outcome: Exclude<Init['outcome'], Outcome> = {},
  more: Init = {},
): Step {
  return aStep({
    state,
    phase: StepPhase.FINISHED,
    timeline: [queued, running, at(5, StepPhase.FINISHED, state)],
    outcome: {
      reason: 'Completed',
      startTime: timestampFromMs(noon + 2000),
      endTime: timestampFromMs(noon + 5000),
      ...outcome,
    },
    ...more,
  });
}

/** Moves the cursor, colours it, hides, turns the direction: with C0, C1, bidi, zero-width and tag characters. */
export const hostile = 'a\u001b[31mb\u009b2J\u202ec\u200bd\r\ne\u0007\u{e0041}\u007f';

export const unsafeOutput = /(?!\n)[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u;
