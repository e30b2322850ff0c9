import type { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { type FollowLogDeps, followLog } from '../logs/follow-log.ts';
import { type CallLimits, createCount } from '../policy/call-limits.ts';
import { ExecutorError } from '../step/errors.ts';
import type { ServiceHandlers } from './handler.ts';
import { createByteLimit } from './limit-bytes.ts';
import { createLogsFrames } from './logs-frames.ts';
import { parseLogsRequest } from './logs-request.ts';
import { findStep, type StepAccessDeps, stepUnknown } from './step-access.ts';
import type { StreamFramesDeps } from './stream-frames.ts';
import { streamEnded, streamLife } from './stream-life.ts';

export interface StreamLogsDeps extends StepAccessDeps, StreamFramesDeps {
  readonly logs: Omit<FollowLogDeps, 'now' | 'quietMs'>;
  /** A heartbeat comes after so long without a frame, in milliseconds. */
  readonly heartbeatMs: number;
  /** A stream is asked to come back after so long, in milliseconds; 0 for never. */
  readonly maxAgeMs: number;
  /** Most streams at once: each holds a connection to the API server, and up to 16 frames where its reader is slow. */
  readonly logStreams: CallLimits;
}

export function createStreamLogs(
  deps: StreamLogsDeps,
): ServiceHandlers<typeof ExecutorService>['streamLogs'] {
  const frames = createLogsFrames(deps);
  const reading = { ...deps.logs, now: deps.now, quietMs: deps.heartbeatMs };
  const open = createCount(deps.logStreams, tooMany(deps.logStreams));
  return async function* (request, context) {
    const { key, wish, limitBytes } = parseLogsRequest(request);
    await findStep(deps, key, context.signal);
    const log = deps.registry.log(key);
    if (log === undefined) throw stepUnknown(key);
    // Where nobody need prove anything all are one.
    const leave = open.enter(context.caller.by === 'nothing' ? undefined : context.caller.name);
    const life = streamLife(context, deps.maxAgeMs);
    const limit = createByteLimit(limitBytes);
    let { cursor } = request;
    try {
      for await (const event of followLog(reading, wish, log, life.signal)) {
        const fit = limit.take(event);
        cursor = frames.cursorOf(fit) ?? cursor;
        yield frames.of(fit, cursor);
        if (limit.isUsedUp) return;
      }
    } catch (error) {
      const reason = life.reason();
      if (reason === undefined) throw error;
      yield frames.goodbye(reason, cursor);
      throw streamEnded(reason);
    } finally {
      leave();
      life.clear();
    }
  };
}

const tooMany =
  (limits: CallLimits) =>
  (limit: keyof CallLimits): ExecutorError =>
    new ExecutorError({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'TOO_MANY_LOG_STREAMS',
      message:
        limit === 'all'
          ? `this executor has ${limits.all} streams of logs already; come back later, or ask another replica`
          : `this executor has ${limits.perCaller} streams of logs of this caller already; end some, or ask another replica`,
      metadata: {
        most: String(limits[limit]),
        setting: limit === 'all' ? 'logs.maxStreams' : 'logs.maxStreamsPerCaller',
      },
    });
