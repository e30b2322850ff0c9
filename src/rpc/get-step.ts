import { create } from '@bufbuild/protobuf';
import {
  type ExecutorService,
  GetStepResponseSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { requireKey } from './from-proto.ts';
import type { ServiceHandlers } from './handler.ts';
import { findStep, type StepAccessDeps } from './step-access.ts';
import { freshnessOf, type StreamFramesDeps } from './stream-frames.ts';
import { stepToProto } from './to-proto.ts';

export function createGetStep(
  deps: StepAccessDeps & Pick<StreamFramesDeps, 'freshness'>,
): ServiceHandlers<typeof ExecutorService>['getStep'] {
  return async (request, { signal }) => {
    const step = await findStep(deps, requireKey(request.key), signal);
    return create(GetStepResponseSchema, { step: stepToProto(step), ...freshnessOf(deps) });
  };
}
