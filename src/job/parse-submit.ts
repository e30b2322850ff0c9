import { imageProblem } from '../image/problem.ts';
import type { ClusterImageRules } from '../image/rules.ts';
import type { Pools } from '../policy/pools.ts';
import { type ExecutorError, invalidRequest, type Violation } from '../step/errors.ts';
import { checkKey, type StepKey } from '../step/key.ts';
import { forbiddenEgress, ownEgress } from './egress.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { newerFields, unsupportedPrefix } from './manifest-reader.ts';
import { namespaceOf } from './names.ts';
import { openManifest, type SubmittedManifest } from './open-manifest.ts';
import {
  type LeftOpen,
  noDefaults,
  type OptionDefaults,
  poolsFor,
  priorityProblems,
  type TenantRules,
  withDefaults,
} from './option-defaults.ts';
import { checkOptions, type Options } from './options.ts';
import { type Place, permissionProblems, permittedEgress, wrongPlace } from './permissions.ts';
import { calculateResources } from './resources.ts';
import { forbiddenSecrets } from './secrets.ts';
import type { StepSpec } from './spec.ts';
import { specHash } from './spec-hash.ts';
import { chooseStart, type StartDefaults } from './start-guarantee.ts';
import type { Timeouts } from './timeouts.ts';

/** What a caller of SubmitStep says, as plain values. */
export interface SubmitRequest {
  /** Undefined when the request has none. */
  readonly key: StepKey | undefined;
  readonly manifest: SubmittedManifest;
  readonly options: Options;
  /** Absent: nothing. */
  readonly leftOpen?: LeftOpen;
  /** Fields that this version of the contract does not know, by path. */
  readonly unknownFields: readonly string[];
}

/** What the cluster's configuration adds to a request. */
export interface SubmitSettings {
  readonly namespacePrefix: string;
  readonly pools: Pools;
  /** In seconds; a total of 0 means the sum of the others. */
  readonly timeouts: Timeouts;
  /** Longest run timeout that a step may ask for. */
  readonly maxRunSeconds: number;
  readonly graceSeconds: number;
  readonly ttlSeconds: number;
  /** A quantity. */
  readonly outputsSize: string;
  readonly atMostOnce: StartDefaults;
  readonly place: Place;
  /** Keys of labels and annotations that steps may not set, see isKept. */
  readonly reservedKeys: readonly string[];
  readonly images: ClusterImageRules;
}

/**
 * The spec of a step, or INVALID_ARGUMENT with everything that is wrong with the request. `tenant`: what its description adds and bounds;
 * undefined where the namespace is not the executor's.
 */
export function parseSubmit(
  request: SubmitRequest,
  settings: SubmitSettings,
  tenant?: TenantRules,
): StepSpec | ExecutorError {
  const violations: Violation[] = [...newerFields(request.unknownFields)];
  if (request.key === undefined) violations.push({ field: 'key', message: 'is required' });
  else violations.push(...checkKey(request.key, 'key'));
  const key = request.key ?? { tenant: '', runId: '', stepId: '', attempt: 0 };
  violations.push(...checkOptions(request.options, 'options', settings.reservedKeys));
  const defaults = tenant?.defaults ?? noDefaults;
  const startDefaults = { ...settings.atMostOnce, described: defaults.atMostOnce };
  const start = chooseStart(request.options, startDefaults, key.tenant, 'options');
  violations.push(...start.violations);
  const options = withDefaults(request.options, request.leftOpen ?? nothingOpen, start.atMostOnce, defaults);

  const opened = openManifest(request.manifest);
  violations.push(...opened.violations);
  const { value, text, path } = opened;
  if (value === undefined) return refused(violations);
  const read = readManifest(value, key, path);
  // What is wrong with the text at a place is said once.
  violations.push(...read.violations.filter((v) => opened.violations.every((o) => o.field !== v.field)));
  const { manifest } = read;

  const timeouts = chooseTimeouts(manifest, options, defaults, settings);
  violations.push(...runProblems(timeouts.run, options, manifest, settings, path));
  if (request.options.timeouts.total !== undefined && timeouts.total < timeouts.run) {
    violations.push({
      field: 'options.timeouts.total',
      message: `must not be shorter than the run time of ${timeouts.run} s`,
    });
  }
  const { pool, spot, priorityClass } = options;
  violations.push(...priorityProblems(request.options.priorityClass, tenant));
  violations.push(...forbiddenSecrets(options.secrets, tenant?.secrets, 'options'));
  const { permissions } = manifest;
  violations.push(
    ...permissionProblems(permissions, settings.place, tenant?.egress, `${path}.spec.permissions`),
  );
  const permitted = permittedEgress(permissions.network, tenant?.egress ?? []);
  violations.push(...forbiddenEgress(options, tenant?.egress, permitted, 'options'));
  const { maxMemoryMb, maxCpuMillicores } = manifest.quotas;
  const quotas = {
    maxMemoryMb: maxMemoryMb === undefined ? undefined : BigInt(maxMemoryMb),
    maxCpuMillicores: maxCpuMillicores === undefined ? undefined : BigInt(maxCpuMillicores),
  };
  const resources = calculateResources(
    manifest.resources,
    { pool, spot, priorityClass },
    quotas,
    poolsFor(tenant, settings.pools),
    {
      resources: `${path}.spec.resources`,
      options: 'options',
      quotas: `${path}.spec.permissions.resource_quotas`,
    },
  );
  if (!resources.ok) violations.push(...resources.violations);
  const image = imageProblem(manifest.image, settings.images, tenant?.images);
  if (image !== undefined) violations.push({ field: `${path}.spec.agent.image`, message: image });
  if (!resources.ok || violations.length > 0) return refused(violations, image);

  const { retainUntilAcknowledged: retainSeconds } = options;
  const { command, args, env, volumes, secrets, labels, annotations } = options;
  const elsewhere = wrongPlace(permissions, settings.place);
  if (elsewhere !== undefined) return elsewhere;
  const egress = ownEgress(options) ?? permitted;
  return {
    key,
    namespace: namespaceOf(settings.namespacePrefix, key.tenant),
    invocationId: manifest.invocationId,
    agent: manifest.agent,
    image: manifest.image,
    manifestText: text,
    specHash: specHash(key, value, request.options),
    resources: resources.value,
    timeouts,
    graceSeconds: options.gracePeriod ?? settings.graceSeconds,
    ttlSeconds: options.ttlAfterFinished ?? settings.ttlSeconds,
    ...(retainSeconds !== undefined && { retainSeconds }),
    replaceDisrupted: options.replaceDisrupted,
    uninterruptible: options.uninterruptible,
    atMostOnce: start.atMostOnce,
    outputsSize: settings.outputsSize,
    command,
    args,
    env,
    volumes,
    secrets,
    ...(egress && { egress }),
    labels,
    annotations,
    outputUri: manifest.outputUri,
    trace: { traceparent: manifest.traceparent, tracestate: manifest.tracestate },
  };
}

const nothingOpen: LeftOpen = { disruptionPolicy: false, interruptible: false };

function chooseTimeouts(
  manifest: Manifest,
  options: Options,
  { timeouts: tenant }: OptionDefaults,
  settings: SubmitSettings,
): Timeouts {
  const queue = options.timeouts.queue ?? tenant.queue ?? settings.timeouts.queue;
  const start = options.timeouts.start ?? tenant.start ?? settings.timeouts.start;
  const run = options.timeouts.run ?? manifest.timeoutSeconds ?? tenant.run ?? settings.timeouts.run;
  // A default never cuts short what was asked for.
  const usual = tenant.total === undefined ? undefined : Math.max(tenant.total, run);
  const total = options.timeouts.total ?? usual ?? (settings.timeouts.total || queue + start + run);
  return { queue, start, run, total };
}

function runProblems(
  run: number,
  options: Options,
  manifest: Manifest,
  settings: SubmitSettings,
  path: string,
): readonly Violation[] {
  const field =
    options.timeouts.run === undefined ? `${path}.spec.resources.timeout_seconds` : 'options.timeouts.run';
  const most = manifest.quotas.maxRuntimeSeconds;
  const violations: Violation[] = [];
  if (most !== undefined && run > most) {
    violations.push({
      field,
      message: `a run time of ${run} s is more than the ${most} s of max_runtime_seconds`,
    });
  }
  if (run > settings.maxRunSeconds) {
    violations.push({
      field,
      message: `a run time of ${run} s is more than the ${settings.maxRunSeconds} s that this executor allows`,
    });
  }
  return violations;
}

/** A request whose only fault is its image, or things that are not built yet, is told so by its reason. */
function refused(violations: readonly Violation[], image?: string): ExecutorError {
  if (violations.every(({ message }) => message === image))
    return invalidRequest(violations, 'IMAGE_NOT_ALLOWED');
  const unsupported = violations.every((v) => v.message.startsWith(unsupportedPrefix));
  return invalidRequest(violations, unsupported ? 'UNSUPPORTED_OPTION' : 'INVALID_REQUEST');
}
