import { annotation } from '../job/metadata.ts';
import { jobName, namespaceOf } from '../job/names.ts';
import { toTombstone } from '../job/objects.ts';
import { jobSeen, type RawObject } from '../job/project.ts';
import { damagedRecord } from '../job/record.ts';
import {
  damagedStop,
  harder,
  readStop,
  replaceAnnotation,
  type Stop,
  stopPatch,
  unchanged,
} from '../job/stop.ts';
import { ExecutorError } from '../step/errors.ts';
import type { StepKey } from '../step/key.ts';
import { isFinal } from '../step/state.ts';
import type { Step } from '../step/step.ts';
import { readStep, requireOurs, type StepAccessDeps, takeJob } from './step-access.ts';

export interface CancelOneDeps extends StepAccessDeps {
  /** How long the mark of a step that was never submitted lives, in seconds. */
  readonly ttlSeconds: number;
  /** Called before such a mark is made; throws where the caller has made too many. */
  readonly beforeMark?: (() => void) | undefined;
}

/** How often a Job that comes or goes in the middle is tried again. */
const tries = 3;

/** Asks for the end of one step, and resolves with it when that is stored. */
export async function cancelOne(
  deps: CancelOneDeps,
  key: StepKey,
  stop: Stop,
  signal: AbortSignal,
): Promise<Step> {
  return (await cancelKnown(deps, key, stop, signal)) ?? (await cancelStored(deps, key, stop, signal));
}

/**
 * Without a read before the patch; undefined when the registry is behind. Where another replica has recorded an end that this one has not
 * heard of, the Job is left alone: its controller would call it Failed.
 */
async function cancelKnown(
  deps: CancelOneDeps,
  key: StepKey,
  stop: Stop,
  signal: AbortSignal,
): Promise<Step | undefined> {
  const step = deps.registry.get(key);
  if (step === undefined || isFinal(step.state)) return step;
  const { namespace, name, uid } = step.job;
  const verdict = deps.registry.verdict(uid);
  const target = { ...verdict, uid, ...(verdict?.pod === undefined && { choice: { chosen: undefined } }) };
  const patch = [unchanged(annotation.record, undefined), ...stopPatch(target, stop)];
  const after = await deps.store.patchJob(namespace, name, patch, signal, 'cancel');
  return after === 'refused' ? undefined : takeJob(deps.registry, after, key);
}

async function cancelStored(
  deps: CancelOneDeps,
  key: StepKey,
  stop: Stop,
  signal: AbortSignal,
): Promise<Step> {
  const namespace = namespaceOf(deps.namespacePrefix, key.tenant);
  for (let i = 0; i < tries; i++) {
    const there = await readStep(deps, key, signal);
    if (there !== undefined) requireOurs(deps.registry, there, key);
    // Its Job is gone, its pod is not: a mark would tell CANCELLED beside an agent that may still run.
    else if (isLive(deps.registry.get(key))) break;
    if (there === undefined) deps.beforeMark?.();
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
  deps: CancelOneDeps,
  object: RawObject,
  stop: Stop,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  const seen = jobSeen(object);
  const { job } = seen;
  // What it shows may change what is known of its pod.
  if (deps.registry.byJob(job.uid) !== undefined) deps.registry.apply(seen);
  const over = job.conditions.some(
    (c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True',
  );
  const damaged = { stop: damagedStop(job), record: damagedRecord(job) };
  const told = annotation.record in job.annotations && damaged.record === null;
  if (told) return object;
  const before = job.annotations[annotation.stop];
  const stands = readStop(before);
  const more = stands && harder(stands, stop);
  // An old Job controller says Failed while the pod is still being stopped: that is no reason not to stop it sooner.
  if (more === undefined && (over || stands !== undefined)) return object;
  const write =
    more === undefined
      ? stopPatch(
          {
            ...deps.registry.verdict(job.uid),
            uid: job.uid,
            bornSuspended: job.bornSuspended,
            choice: { chosen: job.annotations[annotation.chosenPod] },
          },
          stop,
          damaged.stop,
        )
      : replaceAnnotation(job.uid, annotation.stop, before, JSON.stringify(more));
  const patch = [unchanged(annotation.record, damaged.record ?? undefined), ...write];
  const after = await deps.store.patchJob(job.namespace, job.name, patch, signal, 'cancel');
  return after === 'refused' ? undefined : after;
}
