import { annotation, readKey } from '../job/metadata.ts';
import { jobName, namespaceOf } from '../job/names.ts';
import type { Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import { jobSeen, podSeen, type RawObject } from '../job/project.ts';
import { ExecutorError } from '../step/errors.ts';
import { formatKey, type StepKey, sameKey } from '../step/key.ts';
import type { Registry } from '../step/registry.ts';
import type { Step } from '../step/step.ts';

export interface StepAccessDeps {
  readonly registry: Registry<Observation>;
  readonly store: StepStore;
  readonly namespacePrefix: string;
}

/** Shows the registry a Job that an API call has returned, and says what it now knows of its step. */
export function takeJob(registry: Registry<Observation>, object: RawObject, key: StepKey): Step {
  requireOurs(registry, object, key);
  const seen = jobSeen(object);
  registry.apply(seen);
  const step = registry.byJob(seen.job.uid);
  if (step === undefined) throw stepUnknown(key);
  return step;
}

/** Throws NAME_TAKEN for a Job that has the step's name and is not its own. A Job that is known stays whose it was. */
export function requireOurs(registry: Registry<Observation>, object: RawObject, key: StepKey): void {
  const seen = jobSeen(object);
  const owner = registry.byJob(seen.job.uid)?.key ?? readKey(seen.job.annotations[annotation.key]);
  if (!sameKey(owner ?? nobody, key)) {
    throw new ExecutorError({
      code: 'FAILED_PRECONDITION',
      reason: 'NAME_TAKEN',
      message: `a Job named ${seen.job.name} is there that does not carry the step ${formatKey(key)}; remove it, or rename the step`,
      metadata: { namespace: seen.job.namespace, job: seen.job.name },
    });
  }
}

const nobody: StepKey = { tenant: '', runId: '', stepId: '', attempt: 0 };

/**
 * The step as it is now: from the registry, or else by one consistent read of its Job and pods. `jobUid`: a Job that is known to have
 * carried it. Throws STEP_UNKNOWN, or STEP_EXPIRED where it is certain that the step was there.
 */
export async function findStep(
  deps: StepAccessDeps,
  key: StepKey,
  signal: AbortSignal,
  jobUid?: string,
): Promise<Step> {
  const known = deps.registry.get(key);
  if (known !== undefined) return known;
  const object = await readStep(deps, key, signal);
  if (object !== undefined) return takeJob(deps.registry, object, key);
  const last = deps.registry.changes.forgotten(key);
  throw last === undefined && jobUid === undefined ? stepUnknown(key) : stepExpired(key, last);
}

/** The step's Job after the registry was shown its pods; undefined where there is none. */
export async function readStep(
  deps: StepAccessDeps,
  key: StepKey,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  const namespace = namespaceOf(deps.namespacePrefix, key.tenant);
  const object = await deps.store.getJob(namespace, jobName(key), signal);
  if (object === undefined) return undefined;
  const { uid } = jobSeen(object).job;
  if (deps.registry.byJob(uid) !== undefined) return object;
  for (const pod of await deps.store.listPods(namespace, uid, signal)) deps.registry.apply(podSeen(pod));
  return object;
}

export function stepUnknown(key: StepKey): ExecutorError {
  return new ExecutorError({
    code: 'NOT_FOUND',
    reason: 'STEP_UNKNOWN',
    message: `there is no step ${formatKey(key)} in this cluster: it was never submitted, or its record has expired`,
    metadata: keyMetadata(key),
  });
}

const keyMetadata = (key: StepKey) => ({
  tenant: key.tenant,
  run_id: key.runId,
  step_id: key.stepId,
  attempt: String(key.attempt),
});

/** The step was there, and its record is not any more. */
function stepExpired(key: StepKey, last: Step | undefined): ExecutorError {
  return new ExecutorError({
    code: 'NOT_FOUND',
    reason: 'STEP_EXPIRED',
    message: `the step ${formatKey(key)} was there, and its record is gone: it has expired, or its Job was deleted; do not run it again unseen`,
    metadata: { ...keyMetadata(key), ...(last && { last_state: last.state, job_uid: last.job.uid }) },
  });
}
