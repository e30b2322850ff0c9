import { create } from '@bufbuild/protobuf';
import {
  type ExecutorService,
  SubmitStepResponseSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Pins } from '../image/pin.ts';
import type { TenantImageRules } from '../image/rules.ts';
import { unheldHosts } from '../job/egress.ts';
import { annotation, attemptsSelector, readKey } from '../job/metadata.ts';
import { jobName } from '../job/names.ts';
import { toConfigMap, toJob, toPod } from '../job/objects.ts';
import type { TenantRules } from '../job/option-defaults.ts';
import { ownedObjects } from '../job/owned.ts';
import { parseSubmit, type SubmitSettings } from '../job/parse-submit.ts';
import { jobSeen, type RawObject } from '../job/project.ts';
import type { StepSpec } from '../job/spec.ts';
import { timeLimit } from '../lib/abort.ts';
import { ExecutorError } from '../step/errors.ts';
import { formatKey, identifierProblem } from '../step/key.ts';
import { isFinal } from '../step/state.ts';
import type { EpochMs, Step } from '../step/step.ts';
import { submitFromProto } from './from-proto.ts';
import type { ServiceHandlers } from './handler.ts';
import { readStep, type StepAccessDeps, takeJob } from './step-access.ts';
import { checkLimits } from './submit-limits.ts';
import { stepToProto } from './to-proto.ts';

export interface SubmitDeps extends StepAccessDeps {
  readonly now: () => EpochMs;
  readonly settings: SubmitSettings;
  /** What the tenant's description adds and bounds; undefined where there is none. Throws while no step may start there. */
  readonly rulesOf: (tenant: string, signal: AbortSignal) => Promise<TenantRules | undefined>;
  /** Makes of an image what runs, whatever becomes of its tag; without it images run as they are named. */
  readonly pin?: Pins['pin'];
  /** How long the writes after the Job's create may take when the caller has gone away; milliseconds. */
  readonly completionMs: number;
  /** Texts of the API server's Warning headers: a template of ours that a newer version frowns upon. */
  readonly onWarnings: (warnings: readonly string[]) => void;
}

/** How often a Job that vanishes between create and get is tried again. */
const tries = 3;

export function createSubmitStep(deps: SubmitDeps): ServiceHandlers<typeof ExecutorService>['submitStep'] {
  const limited = {
    pools: deps.settings.pools,
    steps: () => deps.registry.steps(),
    isKnown: ({ key }: StepSpec) => deps.registry.get(key) !== undefined,
  };
  return async (request, { signal, limits }) => {
    const asked = submitFromProto(request);
    const tenant = asked.key?.tenant ?? '';
    // Whose name is wrong is told all that is wrong.
    const rules = identifierProblem(tenant) === undefined ? await deps.rulesOf(tenant, signal) : undefined;
    const spec = parseSubmit(asked, deps.settings, rules);
    if (spec instanceof ExecutorError) throw spec;
    const unheld = unheldHosts(spec, rules?.hosts ?? 'no');
    if (unheld !== undefined) throw unheld;
    if (limits !== undefined) checkLimits(spec, limits, limited);
    if (request.validateOnly) return validate(deps, spec, rules?.images, signal);
    if (spec.key.attempt > 0) await refuseWhileRunning(deps, spec, signal);
    const { object, created } = await createOrGet(deps, spec, rules?.images, signal);
    // From here on there is a Job: the rest is done also when the caller has gone away.
    const step = accept(deps, spec, object);
    await complete(deps, spec, step, created);
    const now = deps.registry.byJob(step.job.uid) ?? step;
    return create(SubmitStepResponseSchema, { step: stepToProto(now), created });
  };
}

async function validate(
  deps: SubmitDeps,
  asked: StepSpec,
  images: TenantImageRules | undefined,
  signal: AbortSignal,
) {
  const spec = await withPinned(deps, asked, images, signal);
  const job = toJob(spec, deps.now());
  const [stored, pod, owned] = await Promise.all([
    deps.store.dryRunJob(spec.namespace, job, signal),
    deps.store.dryRunPod(spec.namespace, toPod(job), signal),
    tryOwned(deps, spec, signal),
  ]);
  const warnings = [...stored.warnings, ...pod.warnings, ...owned.flatMap((o) => o.warnings)];
  if (warnings.length > 0) deps.onWarnings(warnings);
  return create(SubmitStepResponseSchema, { jobJson: JSON.stringify(stored.object) });
}

/** The spec with the image that runs. It is no part of the spec's hash: what a tag means may change between two submits of a step. */
async function withPinned(
  { pin }: SubmitDeps,
  spec: StepSpec,
  images: TenantImageRules | undefined,
  signal: AbortSignal,
): Promise<StepSpec> {
  if (pin === undefined) return spec;
  const { image, signature: imageSignature } = await pin(spec.image, images, signal);
  return { ...spec, image, imageSignature, ...(image !== spec.image && { requestedImage: spec.image }) };
}

/** The Job to create, or the one that is there. A step that is there already does not depend on a registry. */
async function jobOf(
  deps: SubmitDeps,
  spec: StepSpec,
  images: TenantImageRules | undefined,
  signal: AbortSignal,
) {
  try {
    return { job: toJob(await withPinned(deps, spec, images, signal), deps.now()) };
  } catch (error) {
    const there = await readStep(deps, spec.key, signal);
    if (there === undefined) throw error;
    return { there };
  }
}

async function createOrGet(
  deps: SubmitDeps,
  spec: StepSpec,
  images: TenantImageRules | undefined,
  signal: AbortSignal,
) {
  for (let i = 0; i < tries; i++) {
    const known = deps.registry.get(spec.key);
    if (known !== undefined && !isFinal(known.state)) {
      const there = await readStep(deps, spec.key, signal);
      if (there !== undefined) return { object: there, created: false };
      // Its Job is gone, its pod may not be: another Job would be another agent beside it.
      break;
    }
    // Nobody hears of a refusal in time once there is a Job, which runs.
    if (i === 0) await tryOwned(deps, spec, signal);
    const wanted = await jobOf(deps, spec, images, signal);
    if (wanted.there !== undefined) return { object: wanted.there, created: false };
    const stored = await deps.store.createJob(spec.namespace, wanted.job, signal);
    if (stored !== undefined) return { object: stored, created: true };
    const there = await readStep(deps, spec.key, signal);
    if (there !== undefined) return { object: there, created: false };
  }
  throw new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_CONFLICT',
    message: `the Job ${jobName(spec.key)} comes or goes at this moment; repeat the call`,
    retryAfterMs: 1_000,
  });
}

/** The step of the stored Job; ALREADY_EXISTS when that is another spec than this one. */
function accept(deps: SubmitDeps, spec: StepSpec, object: RawObject): Step {
  const step = takeJob(deps.registry, object, spec.key);
  // A step that was cancelled before it was submitted has no spec.
  if (step.specHash === '' || step.specHash === spec.specHash) return step;
  throw new ExecutorError({
    code: 'ALREADY_EXISTS',
    reason: 'STEP_SPEC_MISMATCH',
    message: `the step ${formatKey(spec.key)} was submitted with another spec; use another attempt for another spec`,
    metadata: { spec_hash: spec.specHash, existing_spec_hash: step.specHash },
  });
}

/** The writes behind the Job's: a crash between them is completed by the retry of the submit. */
async function complete(deps: SubmitDeps, spec: StepSpec, step: Step, created: boolean): Promise<void> {
  const { signal, clear } = timeLimit(deps.completionMs);
  const { store } = deps;
  try {
    await Promise.all([
      (created || needsInputs(step)) &&
        store.ensureConfigMap(spec.namespace, toConfigMap(spec, step.job), signal),
      ...(created || needsOwned(step) ? ownedObjects(spec, step.job) : []).map((object) =>
        store.ensureOwned(spec.namespace, object, signal),
      ),
    ]);
  } finally {
    clear();
  }
}

/** Whether what stands beside the Job could be made, of one that is not there yet. */
const tryOwned = ({ store }: SubmitDeps, spec: StepSpec, signal: AbortSignal) => {
  const job = { namespace: spec.namespace, name: jobName(spec.key), uid: 'not-yet' };
  return Promise.all(
    ownedObjects(spec, job).map((object) => store.dryRunOwned(spec.namespace, object, signal)),
  );
};

/** What is being stopped, or over, needs neither protection nor ways out. */
const needsOwned = ({ state, specHash }: Step): boolean =>
  specHash !== '' && (state === 'PENDING' || state === 'RUNNING');

/** Of a Job that another call has made: a pod that has started has its inputs; one that is being stopped needs none. */
const needsInputs = (step: Step): boolean => step.state === 'PENDING' && step.specHash !== '';

/** One consistent list: an older attempt that may still run would do the same work twice. */
async function refuseWhileRunning(deps: SubmitDeps, spec: StepSpec, signal: AbortSignal): Promise<void> {
  const { store } = deps;
  const selector = attemptsSelector(spec.key);
  for (const object of await store.listJobs(spec.namespace, selector, (job) => job, signal)) {
    const { job } = jobSeen(object);
    const other = readKey(job.annotations[annotation.key]);
    if (other === undefined || other.attempt >= spec.key.attempt || other.stepId !== spec.key.stepId)
      continue;
    const there = deps.registry.byJob(job.uid) === undefined ? await readStep(deps, other, signal) : object;
    const step = there && takeJob(deps.registry, there, other);
    if (step === undefined || isFinal(step.state)) continue;
    throw new ExecutorError({
      code: 'FAILED_PRECONDITION',
      reason: 'ATTEMPT_STILL_RUNNING',
      message: `attempt ${other.attempt} of the step is ${step.state}; cancel it and wait for its end, or wait`,
      metadata: { attempt: String(other.attempt), state: step.state },
    });
  }
}
