import { create } from '@bufbuild/protobuf';
import {
  AckStepResponseSchema,
  type ExecutorService,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { jobSeen } from '../job/project.ts';
import { releasePatch } from '../job/retain.ts';
import { ExecutorError } from '../step/errors.ts';
import { formatKey, type StepKey } from '../step/key.ts';
import { isFinal } from '../step/state.ts';
import type { Step } from '../step/step.ts';
import { requireKey } from './from-proto.ts';
import type { ServiceHandlers } from './handler.ts';
import { findStep, readStep, type StepAccessDeps, takeJob } from './step-access.ts';

export function createAckStep(deps: StepAccessDeps): ServiceHandlers<typeof ExecutorService>['ackStep'] {
  return async (request, { signal }) => {
    const key = requireKey(request.key);
    await release(deps, await finishedStep(deps, key, signal), signal);
    return create(AckStepResponseSchema);
  };
}

/** How often a Job that changes under our hands is tried again. */
const tries = 3;

async function release({ registry, store }: StepAccessDeps, step: Step, signal: AbortSignal): Promise<void> {
  const { namespace, name, uid } = step.job;
  for (let i = 0; i < tries; i++) {
    const retain = registry.verdict(uid)?.retain;
    if (retain === undefined) return;
    const after = await store.patchJob(namespace, name, releasePatch(uid, retain), signal, 'create');
    const there = after === 'refused' ? await store.getJob(namespace, name, signal) : after;
    if (there === undefined || jobSeen(there).job.uid !== uid) return;
    registry.apply(jobSeen(there));
  }
  throw new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_CONFLICT',
    message: `the Job ${name} changes at this moment; repeat the call`,
    retryAfterMs: 1_000,
  });
}

/** The step after its end; the caller may have seen that at another replica, before this one did. */
async function finishedStep(deps: StepAccessDeps, key: StepKey, signal: AbortSignal): Promise<Step> {
  const known = await findStep(deps, key, signal);
  if (isFinal(known.state)) return known;
  const object = await readStep(deps, key, signal);
  const step = object === undefined ? known : takeJob(deps.registry, object, key);
  if (isFinal(step.state)) return step;
  throw new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'STEP_NOT_FINISHED',
    message: `the step ${formatKey(key)} is not over: watch it to its end, and acknowledge that`,
    metadata: { state: step.state },
  });
}
