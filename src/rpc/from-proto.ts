import type { Message } from '@bufbuild/protobuf';
import type { Duration } from '@bufbuild/protobuf/wkt';
import type { SubmitStepRequest } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Invocation } from '../../gen/glip/executor/v1/invocation_pb.js';
import {
  DisruptionPolicy,
  type ExecutionOptions,
  StartGuarantee,
  type Volume,
} from '../../gen/glip/executor/v1/options_pb.js';
import type { StepKey as ProtoKey } from '../../gen/glip/executor/v1/step_pb.js';
import type { Options } from '../job/options.ts';
import type { SubmitRequest } from '../job/parse-submit.ts';
import type { VolumeSpec } from '../job/spec.ts';
import type { JsonValue } from '../lib/json-text.ts';
import { invalidRequest } from '../step/errors.ts';
import { checkKey, type StepKey } from '../step/key.ts';

export function keyFromProto(key: ProtoKey): StepKey {
  return { tenant: key.tenant, runId: key.runId, stepId: key.stepId, attempt: key.attempt };
}

/** A key that is valid, or INVALID_ARGUMENT with all that is wrong with it. */
export function requireKey(key: ProtoKey | undefined): StepKey {
  if (key === undefined) throw invalidRequest([{ field: 'key', message: 'is required' }]);
  const plain = keyFromProto(key);
  const violations = checkKey(plain, 'key');
  if (violations.length > 0) throw invalidRequest(violations);
  return plain;
}

/** The request as plain values, nothing checked yet. */
export function submitFromProto(request: SubmitStepRequest): SubmitRequest {
  return {
    key: request.key && keyFromProto(request.key),
    manifest: manifestFromProto(request.manifest),
    options: optionsFromProto(request.options),
    unknownFields: unknownFields(request, ''),
  };
}

function manifestFromProto(manifest: SubmitStepRequest['manifest']): SubmitRequest['manifest'] {
  if (manifest.case === 'manifestJson') return { kind: 'json', text: manifest.value };
  if (manifest.case === 'invocation') return { kind: 'typed', value: invocationJson(manifest.value) };
  return undefined;
}

type Fields = Record<string, JsonValue | undefined>;

/** A JSON object without what was not said: empty text, empty lists and absent messages. */
function compact(fields: Fields): JsonValue {
  const said = Object.entries(fields).filter(
    ([, v]) => v !== undefined && v !== '' && !(Array.isArray(v) && v.length === 0),
  );
  return Object.fromEntries(said) as JsonValue;
}

const whole = (value: bigint | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);

/** GLIP v1's JSON of a typed invocation. Integers beyond 2^53-1 are refused later, as no whole number in range. */
export function invocationJson(invocation: Invocation): JsonValue {
  const { metadata, spec } = invocation;
  return compact({
    apiVersion: 'glip/v1',
    kind: 'Invocation',
    metadata:
      metadata &&
      compact({
        invocation_id: metadata.invocationId,
        idempotency_key: metadata.idempotencyKey,
        run_id: metadata.runId,
        step_id: metadata.stepId,
        pipeline_id: metadata.pipelineId,
      }),
    spec: spec && specJson(spec),
  });
}

function specJson(spec: NonNullable<Invocation['spec']>): JsonValue {
  const { agent, resources, observability } = spec;
  return compact({
    agent: agent && compact({ name: agent.name, version: agent.version, image: agent.image }),
    inputs: spec.inputs.map((i) =>
      compact({
        name: i.name,
        artifact_uri: i.artifactUri,
        sha256: i.sha256,
        size_bytes: whole(i.sizeBytes),
        media_type: i.mediaType,
        source_step: i.sourceStep,
      }),
    ),
    outputs: spec.outputs.map((o) => compact({ name: o.name, artifact_prefix: o.artifactPrefix })),
    params: spec.params === undefined ? undefined : plainParams(spec.params),
    resources:
      resources &&
      compact({
        cpu: resources.cpu,
        memory: resources.memory,
        gpu: resources.gpu,
        ephemeral_storage: resources.ephemeralStorage,
        timeout_seconds: resources.timeoutSeconds,
        size_class: resources.sizeClass,
      }),
    permissions: spec.permissions && permissionsJson(spec.permissions),
    observability:
      observability &&
      compact({
        trace_context:
          observability.traceContext &&
          compact({
            traceparent: observability.traceContext.traceparent,
            tracestate: observability.traceContext.tracestate,
          }),
        log_correlation_id: observability.logCorrelationId,
        metrics_labels: strings(observability.metricsLabels),
        baggage: strings(observability.baggage),
      }),
  });
}

function permissionsJson(
  permissions: NonNullable<NonNullable<Invocation['spec']>['permissions']>,
): JsonValue {
  const { networkPolicy, resourceQuotas } = permissions;
  return compact({
    tenant_id: permissions.tenantId,
    user_id: permissions.userId,
    roles: permissions.roles,
    scopes: permissions.scopes,
    data_classification: permissions.dataClassification,
    allowed_regions: permissions.allowedRegions,
    network_policy:
      networkPolicy &&
      compact({ allow_external: networkPolicy.allowExternal, allowed_hosts: networkPolicy.allowedHosts }),
    resource_quotas:
      resourceQuotas &&
      compact({
        max_memory_mb: whole(resourceQuotas.maxMemoryMb),
        max_cpu_millicores: whole(resourceQuotas.maxCpuMillicores),
        max_runtime_seconds: resourceQuotas.maxRuntimeSeconds,
      }),
  });
}

const strings = (map: Readonly<Record<string, string>>): JsonValue | undefined =>
  Object.keys(map).length === 0 ? undefined : { ...map };

/** protobuf-es shows a Struct as plain JSON, but for numbers that JSON cannot hold. */
function plainParams(params: object): JsonValue {
  const text = JSON.stringify(params, (_, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw invalidRequest([
        { field: 'invocation.spec.params', message: 'must hold only what JSON can: no NaN, no infinity' },
      ]);
    }
    return value;
  });
  return JSON.parse(text) as JsonValue;
}

const seconds = (duration: Duration | undefined): number | undefined =>
  duration === undefined ? undefined : Number(duration.seconds) + duration.nanos / 1e9;

function optionsFromProto(options: ExecutionOptions | undefined): Options {
  const timeouts = options?.timeouts;
  return {
    pool: options?.pool ?? '',
    priorityClass: options?.priorityClass ?? '',
    spot: options?.spot ?? false,
    timeouts: {
      queue: seconds(timeouts?.queue),
      start: seconds(timeouts?.start),
      run: seconds(timeouts?.run),
      total: seconds(timeouts?.total),
    },
    gracePeriod: seconds(options?.gracePeriod),
    ttlAfterFinished: seconds(options?.ttlAfterFinished),
    command: options?.command ?? [],
    args: options?.args ?? [],
    env: { ...options?.env },
    volumes: (options?.volumes ?? []).map(volumeFromProto),
    labels: { ...options?.labels },
    annotations: { ...options?.annotations },
    unsupported: options === undefined ? [] : unsupported(options),
  };
}

/** What the contract has a name for and this executor has not built: refused by name, never ignored. */
function unsupported(options: ExecutionOptions): readonly string[] {
  const { startGuarantee: start, disruptionPolicy: disruption } = options;
  const fields: readonly (readonly [string, boolean])[] = [
    ['start_guarantee', start !== StartGuarantee.UNSPECIFIED && start !== StartGuarantee.AT_LEAST_ONCE],
    [
      'disruption_policy',
      disruption !== DisruptionPolicy.UNSPECIFIED && disruption !== DisruptionPolicy.FAIL,
    ],
    ['interruptible', options.interruptible === false],
    ['lease', options.lease !== undefined],
    ['retain_until_acknowledged', options.retainUntilAcknowledged !== undefined],
    ['secrets', options.secrets.length > 0],
    ['egress', options.egress.length > 0],
  ];
  return fields.filter(([, set]) => set).map(([name]) => name);
}

function volumeFromProto({ name, mountPath, readOnly, source }: Volume): VolumeSpec {
  const base = { name, mountPath, readOnly };
  switch (source.case) {
    case 'claim':
      return { ...base, source: { kind: 'claim', claim: source.value } };
    case 'ephemeral':
      return {
        ...base,
        source: { kind: 'ephemeral', storageClass: source.value.storageClass, size: source.value.size },
      };
    case 'scratchSize':
      return { ...base, source: { kind: 'scratch', size: source.value } };
    case undefined:
      return { ...base, source: { kind: 'scratch', size: '' } };
    default: {
      const never: never = source;
      return never;
    }
  }
}

/** Fields that the sender's contract has and ours has not: paths such as `options.#99`. */
export function unknownFields(message: Message, path: string): readonly string[] {
  // Nearly every request has none, and is not worth a text for each of its fields.
  return holdsUnknown(message) ? pathsOfUnknown(message, path) : [];
}

function holdsUnknown(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(holdsUnknown);
  if ('$typeName' in value)
    return ((value as Message).$unknown ?? []).length > 0 || Object.values(value).some(holdsUnknown);
  return 'case' in value && 'value' in value && holdsUnknown(value.value);
}

function pathsOfUnknown(message: Message, path: string): readonly string[] {
  const found = (message.$unknown ?? []).map((f) => `${path}#${f.no}`);
  for (const [name, value] of Object.entries(message)) {
    if (name.startsWith('$')) continue;
    found.push(...nested(value, path + snake(name)));
  }
  return found.slice(0, 20);
}

function nested(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => nested(item, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null) return [];
  if ('$typeName' in value) return pathsOfUnknown(value as Message, `${path}.`);
  if ('case' in value && 'value' in value)
    return nested(value.value, typeof value.case === 'string' ? snake(value.case) : path);
  return [];
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
