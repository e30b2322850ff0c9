import { create } from '@bufbuild/protobuf';
import {
  type CancelStepRequest,
  CancelStepRequestSchema,
  CancelStepResponseSchema,
  type ExecutorService,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { newerFields, textProblem } from '../job/manifest-reader.ts';
import { longestGraceSeconds, secondsProblem } from '../job/options.ts';
import type { Stop } from '../job/stop.ts';
import { invalidRequest, type Violation } from '../step/errors.ts';
import { checkKey, checkRun, type RunId, type StepKey } from '../step/key.ts';
import type { EpochMs } from '../step/step.ts';
import { type CancelOneDeps, cancelOne } from './cancel-one.ts';
import { cancelRun } from './cancel-run.ts';
import { keyFromProto, secondsFromProto } from './from-proto.ts';
import type { ServiceHandlers } from './handler.ts';
import { stepToProto } from './to-proto.ts';
import { unknownFields } from './unknown-fields.ts';

export interface CancelDeps extends CancelOneDeps {
  /** Throws for a tenant that can have no steps, and so no mark of one. */
  readonly refuseTenant: (tenant: string) => void;
  readonly now: () => EpochMs;
}

/** Steps of a run in one answer; what has a message size limit of 4 MiB takes so many. */
const mostSteps = 1_000;

export function createCancelStep(deps: CancelDeps): ServiceHandlers<typeof ExecutorService>['cancelStep'] {
  return async (request, { signal, caller, spend }) => {
    const { target, grace } = parse(request);
    const stop: Stop = {
      cause: 'Cancel',
      reason: request.reason,
      requestedBy: caller.name,
      time: deps.now(),
      ...(grace !== undefined && { graceSeconds: Math.max(1, grace) }),
      ...(request.force && { force: true }),
    };
    if ('stepId' in target) {
      const beforeMark = () => {
        deps.refuseTenant(target.tenant);
        spend?.();
      };
      const step = await cancelOne({ ...deps, beforeMark }, target, stop, signal);
      return create(CancelStepResponseSchema, { steps: [stepToProto(step)], totalSize: 1 });
    }
    const all = await cancelRun(deps, target, stop, signal);
    const steps = all.slice(0, mostSteps).map((step) => stepToProto(step, false));
    return create(CancelStepResponseSchema, { steps, totalSize: all.length });
  };
}

/** What to cancel, or INVALID_ARGUMENT with all that is wrong. */
function parse(request: CancelStepRequest): { target: StepKey | RunId; grace: number | undefined } {
  const violations: Violation[] = [...newerFields(unknownFields(CancelStepRequestSchema, request))];
  const plain: Violation[] = [];
  const check = (field: string, problem: string | undefined) =>
    problem === undefined || plain.push({ field, message: problem });
  check('reason', textProblem(request.reason, { max: 1_024 }));
  const grace = secondsFromProto(request.gracePeriod);
  check('grace_period', grace === undefined ? undefined : secondsProblem(grace, 0, longestGraceSeconds));
  const target = targetOf(request);
  if (target === undefined) plain.push({ field: 'key', message: 'is required' });
  else plain.push(...('stepId' in target ? checkKey(target, 'key') : checkRun(target, 'run')));
  if (plain.length > 0) throw invalidRequest([...violations, ...plain]);
  if (violations.length > 0 || target === undefined) throw invalidRequest(violations, 'UNSUPPORTED_OPTION');
  return { target, grace };
}

function targetOf({ target }: CancelStepRequest): StepKey | RunId | undefined {
  if (target.case === 'key') return keyFromProto(target.value);
  return target.case === 'run' ? { tenant: target.value.tenant, runId: target.value.runId } : undefined;
}
