import { create } from '@bufbuild/protobuf';
import {
  type ExecutorService,
  type WatchStepResponse,
  WatchStepResponseSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { type Cursor, parseCursor, printCursor } from '../step/cursor.ts';
import { ExecutorError } from '../step/errors.ts';
import type { EventLog, LoggedEvent } from '../step/event-log.ts';
import { follow } from '../step/follow.ts';
import type { Step } from '../step/step.ts';
import { requireKey } from './from-proto.ts';
import type { ServiceHandlers } from './handler.ts';
import { findStep, type StepAccessDeps, stepUnknown } from './step-access.ts';
import { goodbye, heartbeat, type StreamFramesDeps } from './stream-frames.ts';
import { streamEnded, streamLife } from './stream-life.ts';
import { stepToProto, transitionToProto } from './to-proto.ts';

export interface WatchDeps extends StepAccessDeps, StreamFramesDeps {
  /** A heartbeat comes after so long without a frame, in milliseconds. */
  readonly heartbeatMs: number;
  /** A stream is asked to come back after so long, in milliseconds; 0 for never. */
  readonly maxAgeMs: number;
}

export function createWatchStep(deps: WatchDeps): ServiceHandlers<typeof ExecutorService>['watchStep'] {
  const frames = createFrames();
  return async function* (request, context) {
    const key = requireKey(request.key);
    const cursor = request.cursor === '' ? undefined : parseCursor(request.cursor, 'cursor');
    const step = await findStep(deps, key, context.signal, cursor?.jobUid);
    const log = deps.registry.log(key);
    if (log === undefined) throw stepUnknown(key);
    if (cursor !== undefined) refuseForeign(cursor, step);
    let last = request.cursor;
    const life = streamLife(context, deps.maxAgeMs);
    const from = cursor && { from: cursor.rank };
    try {
      for await (const followed of follow(log, {
        ...from,
        quietMs: deps.heartbeatMs,
        signal: life.signal,
      })) {
        const frame =
          followed.kind === 'snapshot'
            ? frames.snapshot(followed.step)
            : followed.kind === 'event'
              ? frames.update(followed.event, followed.replayed)
              : make({ case: 'heartbeat', value: heartbeat(deps) }, last);
        last = frame.cursor;
        yield frame;
      }
      const reason = life.reason();
      if (reason === undefined) return;
      yield make({ case: 'goodbye', value: goodbye(reason) }, last || positionOf(log));
      throw streamEnded(reason);
    } finally {
      life.clear();
    }
  };
}

const make = (frame: WatchStepResponse['frame'], cursor: string): WatchStepResponse =>
  create(WatchStepResponseSchema, { frame, cursor });

const positionOf = ({ current }: EventLog): string => printCursor(current.job.uid, current);

function refuseForeign(cursor: Cursor, step: Step): void {
  if (cursor.jobUid === step.job.uid) return;
  throw new ExecutorError({
    code: 'OUT_OF_RANGE',
    reason: 'CURSOR_EXPIRED',
    message:
      'the cursor belongs to an earlier Job of this step, whose record is gone; start without a cursor',
  });
}

/** Frames of events, made once and shared by all followers: the server serialises the same object once. */
function createFrames() {
  const updates = new WeakMap<LoggedEvent, WatchStepResponse>();
  const snapshots = new WeakMap<Step, WatchStepResponse>();
  const make = (event: LoggedEvent, replayed: boolean): WatchStepResponse =>
    create(WatchStepResponseSchema, {
      frame: {
        case: 'update',
        value: {
          ...(event.transition && { transition: transitionToProto(event.transition) }),
          step: stepToProto(event.step),
          replayed,
        },
      },
      cursor: printCursor(event.step.job.uid, event.step),
    });
  return {
    update(event: LoggedEvent, replayed: boolean): WatchStepResponse {
      if (replayed) return make(event, true);
      const frame = updates.get(event) ?? make(event, false);
      updates.set(event, frame);
      return frame;
    },
    snapshot(step: Step): WatchStepResponse {
      const known = snapshots.get(step);
      if (known !== undefined) return known;
      const frame = create(WatchStepResponseSchema, {
        frame: { case: 'snapshot', value: stepToProto(step) },
        cursor: printCursor(step.job.uid, step),
      });
      snapshots.set(step, frame);
      return frame;
    },
  };
}
