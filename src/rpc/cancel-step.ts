import { create } from '@bufbuild/protobuf';
import {
  type CancelStepRequest,
  CancelStepRequestSchema,
  CancelStepResponseSchema,
  type ExecutorService,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { textProblem, unsupportedPrefix } from '../job/manifest-reader.ts';
import { annotation } from '../job/metadata.ts';
import { jobName, namespaceOf } from '../job/names.ts';
import { toTombstone } from '../job/objects.ts';
import { jobSeen, type RawObject } from '../job/project.ts';
import { damagedRecord } from '../job/record.ts';
import { damagedStop, type Stop, stopPatch, unchanged } from '../job/stop.ts';
import { ExecutorError, invalidRequest, type Violation } from '../step/errors.ts';
import { checkKey, type StepKey } from '../step/key.ts';
import { isFinal } from '../step/state.ts';
import type { EpochMs, Step } from '../step/step.ts';
import { keyFromProto } from './from-proto.ts';
import type { ServiceHandlers } from './handler.ts';
import { readStep, requireOurs, type StepAccessDeps, takeJob } from './step-access.ts';
import { stepToProto } from './to-proto.ts';
import { unknownFields } from './unknown-fields.ts';

export interface CancelDeps extends StepAccessDeps {
  readonly now: () => EpochMs;
  /** How long the mark of a step that was never submitted lives, in seconds. */
  readonly ttlSeconds: number;
}

/** How often a Job that comes or goes in the middle is tried again. */
const tries = 3;

export function createCancelStep(deps: CancelDeps): ServiceHandlers<typeof ExecutorService>['cancelStep'] {
  return async (request, { signal, caller }) => {
    const key = parse(request);
    const stop: Stop = {
      cause: 'Cancel',
      reason: request.reason,
      requestedBy: caller.name,
      time: deps.now(),
    };
    const step =
      (await cancelKnown(deps, key, stop, signal)) ?? (await cancelStored(deps, key, stop, signal));
    return create(CancelStepResponseSchema, { steps: [stepToProto(step)] });
  };
}

/**
 * Without a read before the patch; undefined when the registry is behind. Where another replica has recorded an end that this one has not
 * heard of, the Job is left alone: its controller would call it Failed.
 */
async function cancelKnown(
  deps: CancelDeps,
  key: StepKey,
  stop: Stop,
  signal: AbortSignal,
): Promise<Step | undefined> {
  const step = deps.registry.get(key);
  if (step === undefined || isFinal(step.state)) return step;
  const { namespace, name, uid } = step.job;
  const patch = [unchanged(annotation.record, undefined), ...stopPatch(uid, stop)];
  const after = await deps.store.patchJob(namespace, name, patch, signal, 'cancel');
  return after === 'refused' ? undefined : takeJob(deps.registry, after, key);
}

async function cancelStored(deps: CancelDeps, key: StepKey, stop: Stop, signal: AbortSignal): Promise<Step> {
  const namespace = namespaceOf(deps.namespacePrefix, key.tenant);
  for (let i = 0; i < tries; i++) {
    const there = await readStep(deps, key, signal);
    if (there !== undefined) requireOurs(deps.registry, there, key);
    // Its Job is gone, its pod is not: a mark would tell CANCELLED beside an agent that may still run.
    else if (isLive(deps.registry.get(key))) break;
    const object =
      there === undefined
        ? await deps.store.createJob(namespace, toTombstone(key, namespace, stop, deps.ttlSeconds), signal)
        : await stopOnce(deps, there, stop, signal);
    if (object !== undefined) return takeJob(deps.registry, object, key);
  }
  throw new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_CONFLICT',
    message: `the Job ${jobName(key)} comes or goes at this moment; repeat the call`,
    retryAfterMs: 1_000,
  });
}

const isLive = (step: Step | undefined): boolean => step !== undefined && !isFinal(step.state);

/** The Job after the request; undefined when it changed under our hands. */
async function stopOnce(
  deps: CancelDeps,
  object: RawObject,
  stop: Stop,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  const { job } = jobSeen(object);
  const over = job.conditions.some(
    (c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True',
  );
  const damaged = { stop: damagedStop(job), record: damagedRecord(job) };
  const asked = annotation.stop in job.annotations && damaged.stop === null;
  const told = annotation.record in job.annotations && damaged.record === null;
  if (over || asked || told) return object;
  const patch = [
    unchanged(annotation.record, damaged.record ?? undefined),
    ...stopPatch(job.uid, stop, damaged.stop),
  ];
  const after = await deps.store.patchJob(job.namespace, job.name, patch, signal, 'cancel');
  return after === 'refused' ? undefined : after;
}

/** A valid key, or INVALID_ARGUMENT with all that is wrong. */
function parse(request: CancelStepRequest): StepKey {
  const violations: Violation[] = unknownFields(CancelStepRequestSchema, request).map((field) => ({
    field,
    message: `${unsupportedPrefix}: it is newer than this executor`,
  }));
  const unsupported = (field: string) =>
    violations.push({ field, message: `${unsupportedPrefix} yet; leave it out` });
  if (request.target.case === 'run') unsupported('run');
  if (request.gracePeriod !== undefined) unsupported('grace_period');
  if (request.force) unsupported('force');
  const problem = textProblem(request.reason, { max: 1_024 });
  const plain: Violation[] = problem === undefined ? [] : [{ field: 'reason', message: problem }];
  const key = request.target.case === 'key' ? keyFromProto(request.target.value) : undefined;
  if (request.target.case === undefined) plain.push({ field: 'key', message: 'is required' });
  if (key !== undefined) plain.push(...checkKey(key, 'key'));
  if (plain.length > 0) throw invalidRequest([...violations, ...plain]);
  if (violations.length > 0 || key === undefined) throw invalidRequest(violations, 'UNSUPPORTED_OPTION');
  return key;
}
