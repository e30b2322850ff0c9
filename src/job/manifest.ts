import { parseReference } from '../image/reference.ts';
import type { JsonValue } from '../lib/json-text.ts';
import type { Violation } from '../step/errors.ts';
import type { StepKey } from '../step/key.ts';
import { createReader, type Reader } from './manifest-reader.ts';
import { type Permissions, readNetwork } from './permissions.ts';

/** What the executor reads of a GLIP v1 invocation (GLIP.md); the agent reads the rest. */
export interface Manifest {
  readonly invocationId: string;
  readonly agent: string;
  readonly image: string;
  readonly resources: ResourceHints;
  readonly timeoutSeconds: number | undefined;
  readonly quotas: Quotas;
  readonly permissions: Permissions;
  /** Empty without outputs. */
  readonly outputUri: string;
  readonly traceparent: string;
  readonly tracestate: string;
}

/** Kubernetes quantities as text; undefined where the invocation says nothing. */
export interface ResourceHints {
  readonly cpu?: string;
  readonly memory?: string;
  readonly gpu?: string;
  readonly ephemeralStorage?: string;
  readonly sizeClass?: string;
}

export interface Quotas {
  readonly maxMemoryMb?: number;
  readonly maxCpuMillicores?: number;
  readonly maxRuntimeSeconds?: number;
}

const schemes = ['file', 's3', 'gs', 'az', 'https'];

/** Everything that the executor must understand of a manifest, or everything that is wrong with it. `path` is the request's field. */
export function readManifest(
  value: JsonValue,
  key: StepKey,
  path: string,
): { readonly manifest: Manifest; readonly violations: readonly Violation[] } {
  const reader = createReader(value, path);
  const root = reader.at('');
  root.literal('apiVersion', 'glip/v1');
  root.literal('kind', 'Invocation');
  const metadata = root.object('metadata', true);
  const spec = root.object('spec', true);
  const agent = spec.object('agent', true);
  const invocationId = metadata.string('invocation_id', { required: true, max: 253, control: false });
  metadata.string('idempotency_key', { max: 256 });
  metadata.string('pipeline_id', {
    max: 63,
    pattern: /^[a-z][a-z0-9-]{0,62}$/,
    shape: '[a-z][a-z0-9-]{0,62}',
  });
  agrees(metadata, 'run_id', key.runId);
  agrees(metadata, 'step_id', key.stepId);
  const manifest: Manifest = {
    invocationId,
    agent: agent.string('name', { required: true, max: 253, control: false }),
    image: readImage(agent),
    ...readResources(spec),
    ...readPermissions(spec, key),
    outputUri: readArtifacts(spec),
    ...readTrace(spec),
  };
  agent.string('version', { max: 128, control: false });
  spec.any('params', 'object');
  return { manifest, violations: reader.violations };
}

function agrees(reader: Reader, field: string, wanted: string): void {
  const value = reader.string(field, {});
  if (value !== '' && value !== wanted)
    reader.refuse(field, `is ${quote(value)}, but the key says ${quote(wanted)}`);
}

const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

function readImage(agent: Reader): string {
  const value = agent.string('image', { required: true, max: 512 });
  if (value !== '' && value.length <= 512 && parseReference(value) === undefined) {
    agent.refuse('image', 'must be an image reference such as "ghcr.io/greenlang/agents/ingest:1.2.3"');
  }
  return value;
}

function readResources(spec: Reader): Pick<Manifest, 'resources' | 'timeoutSeconds'> {
  const resources = spec.object('resources', false);
  resources.only(['cpu', 'memory', 'gpu', 'ephemeral_storage', 'timeout_seconds', 'size_class']);
  const hint = (field: string) => resources.quantity(field);
  const cpu = hint('cpu');
  const memory = hint('memory');
  const gpu = hint('gpu');
  const ephemeralStorage = hint('ephemeral_storage');
  const sizeClass = resources.string('size_class', { max: 63 });
  return {
    timeoutSeconds: resources.integer('timeout_seconds', 1, 86_400),
    resources: {
      ...(cpu !== '' && { cpu }),
      ...(memory !== '' && { memory }),
      ...(gpu !== '' && { gpu }),
      ...(ephemeralStorage !== '' && { ephemeralStorage }),
      ...(sizeClass !== '' && { sizeClass }),
    },
  };
}

/** Permissions are honoured or refused by name, never ignored. */
function readPermissions(spec: Reader, key: StepKey): Pick<Manifest, 'quotas' | 'permissions'> {
  const permissions = spec.object('permissions', false);
  permissions.only([
    'tenant_id',
    'user_id',
    'roles',
    'scopes',
    'data_classification',
    'allowed_regions',
    'network_policy',
    'resource_quotas',
  ]);
  agrees(permissions, 'tenant_id', key.tenant);
  permissions.string('user_id', {});
  for (const field of ['roles', 'scopes']) permissions.strings(field);
  const dataClassification = permissions.string('data_classification', {});
  const regions = permissions.strings('allowed_regions');
  const network = readNetwork(permissions);
  const quotas = permissions.object('resource_quotas', false);
  quotas.only(['max_memory_mb', 'max_cpu_millicores', 'max_runtime_seconds']);
  const maxMemoryMb = quotas.integer('max_memory_mb', 1, 1_000_000_000);
  const maxCpuMillicores = quotas.integer('max_cpu_millicores', 1, 1_000_000_000);
  const maxRuntimeSeconds = quotas.integer('max_runtime_seconds', 1, 1_000_000_000);
  return {
    permissions: { regions, dataClassification, network },
    quotas: {
      ...(maxMemoryMb !== undefined && { maxMemoryMb }),
      ...(maxCpuMillicores !== undefined && { maxCpuMillicores }),
      ...(maxRuntimeSeconds !== undefined && { maxRuntimeSeconds }),
    },
  };
}

/** Checks names, URIs and checksums; returns the first output's prefix. */
function readArtifacts(spec: Reader): string {
  const names = new Set<string>();
  for (const input of spec.objects('inputs', 1_000)) {
    unique(input, names);
    uri(input, 'artifact_uri');
    const sha256 = input.string('sha256', { required: true });
    if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256)) {
      input.refuse('sha256', 'must be 64 lower-case hexadecimal digits');
    }
    input.integer('size_bytes', 0, Number.MAX_SAFE_INTEGER);
    input.string('media_type', { max: 256 });
    input.string('source_step', { max: 63 });
  }
  names.clear();
  let first = '';
  for (const output of spec.objects('outputs', 1_000)) {
    unique(output, names);
    const prefix = uri(output, 'artifact_prefix');
    if (prefix !== '' && !prefix.endsWith('/')) output.refuse('artifact_prefix', 'must end with "/"');
    first ||= prefix;
  }
  return first;
}

function unique(reader: Reader, names: Set<string>): void {
  const name = reader.string('name', { required: true, max: 253, control: false });
  if (names.has(name) && name !== '') reader.refuse('name', `${quote(name)} appears twice`);
  names.add(name);
}

function uri(reader: Reader, field: string): string {
  const value = reader.string(field, { required: true, max: 2_048, control: false });
  if (value === '') return value;
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(value)?.[1] ?? '';
  if (!schemes.includes(scheme))
    reader.refuse(field, `must be a URI with one of the schemes ${schemes.join(', ')}`);
  else if (!URL.canParse(value)) reader.refuse(field, 'must be a valid URI');
  return value;
}

function readTrace(spec: Reader): Pick<Manifest, 'traceparent' | 'tracestate'> {
  const observability = spec.object('observability', false);
  observability.string('log_correlation_id', { max: 256, control: false });
  const trace = observability.object('trace_context', false);
  const shape = {
    pattern: /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/,
    shape: 'a W3C traceparent',
  };
  return {
    traceparent: trace.string('traceparent', { max: 55, ...shape }),
    tracestate: trace.string('tracestate', { max: 512, pattern: /^[\x20-\x7e]*$/, shape: 'printable ASCII' }),
  };
}
