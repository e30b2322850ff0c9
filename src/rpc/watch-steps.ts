import type { ExecutorService, WatchStepsRequest } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Observation } from '../job/observation.ts';
import { invalidRequest } from '../step/errors.ts';
import { matches, type StepFilter } from '../step/filter.ts';
import { followSteps } from '../step/follow-steps.ts';
import type { ClusterHistory } from '../step/history.ts';
import type { Registry } from '../step/registry.ts';
import { resumeFrom } from '../step/resume.ts';
import { clusterDigest, filterDigest, parseStepsCursor, printStepsCursor } from '../step/steps-cursor.ts';
import { filterFromProto } from './filter-from-proto.ts';
import { type ServiceHandlers, sees } from './handler.ts';
import { createStepsFrames } from './steps-frames.ts';
import type { StreamFramesDeps } from './stream-frames.ts';
import { streamEnded, streamLife } from './stream-life.ts';

export interface WatchStepsDeps extends StreamFramesDeps {
  readonly registry: Pick<Registry<Observation>, 'changes'>;
  readonly history: ClusterHistory;
  /** Name of the cluster; empty for none. */
  readonly clusterId: string;
  /** A heartbeat comes after so long without a frame, in milliseconds. */
  readonly heartbeatMs: number;
  /** A stream is asked to come back after so long, in milliseconds; 0 for never. */
  readonly maxAgeMs: number;
}

export function createWatchSteps(
  deps: WatchStepsDeps,
): ServiceHandlers<typeof ExecutorService>['watchSteps'] {
  const { changes } = deps.registry;
  const frames = createStepsFrames(deps);
  const cluster = clusterDigest(deps.clusterId);
  return async function* (request, context) {
    const { filter, digest, mark } = parse(request, cluster);
    const life = streamLife(context, deps.maxAgeMs);
    try {
      const resumed = mark && (await resumeFrom(mark, changes, deps.history, context.signal));
      let cursor = request.cursor;
      const following = followSteps(changes, {
        matches: (step) => matches(filter, step) && sees(context, step.key.tenant),
        ...(resumed && { missed: resumed.missed }),
        quietMs: deps.heartbeatMs,
        signal: life.signal,
      });
      for await (const told of following) {
        if (told.mark !== undefined) cursor = printStepsCursor(told.mark, digest, cluster);
        yield frames.of(told, cursor, resumed?.gap ?? false);
      }
      const reason = life.reason();
      if (reason === undefined) return;
      yield frames.goodbye(reason, cursor);
      throw streamEnded(reason);
    } finally {
      life.clear();
    }
  };
}

function parse(request: WatchStepsRequest, cluster: string) {
  const { filter, violations } = filterFromProto(request.filter, 'filter');
  if (violations.length > 0) throw invalidRequest(violations);
  const digest = filterDigest(filter satisfies StepFilter);
  const mark =
    request.cursor === '' ? undefined : parseStepsCursor(request.cursor, digest, 'cursor', cluster);
  return { filter, digest, mark };
}
