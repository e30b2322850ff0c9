import type { Invocation } from '../../gen/glip/executor/v1/invocation_pb.js';
import type { JsonValue } from '../lib/json-text.ts';
import { invalidRequest } from '../step/errors.ts';

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
