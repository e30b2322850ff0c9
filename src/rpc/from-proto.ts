import type { Duration } from '@bufbuild/protobuf/wkt';
import {
  type SubmitStepRequest,
  SubmitStepRequestSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import {
  DisruptionPolicy,
  type ExecutionOptions,
  type Egress as ProtoEgress,
  type SecretRef,
  StartGuarantee,
  type Volume,
} from '../../gen/glip/executor/v1/options_pb.js';
import type { StepKey as ProtoKey } from '../../gen/glip/executor/v1/step_pb.js';
import type { Options } from '../job/options.ts';
import type { SubmitRequest } from '../job/parse-submit.ts';
import type { SecretUse } from '../job/secrets.ts';
import type { VolumeSpec } from '../job/spec.ts';
import type { Egress } from '../policy/egress.ts';
import { invalidRequest } from '../step/errors.ts';
import { checkKey, type StepKey } from '../step/key.ts';
import { invocationJson } from './invocation-json.ts';
import { unknownFields } from './unknown-fields.ts';

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
    leftOpen: {
      disruptionPolicy:
        (request.options?.disruptionPolicy ?? DisruptionPolicy.UNSPECIFIED) === DisruptionPolicy.UNSPECIFIED,
      interruptible: request.options?.interruptible === undefined,
    },
    unknownFields: unknownFields(SubmitStepRequestSchema, request),
  };
}

function manifestFromProto(manifest: SubmitStepRequest['manifest']): SubmitRequest['manifest'] {
  if (manifest.case === 'manifestJson') return { kind: 'json', text: manifest.value };
  if (manifest.case === 'invocation') return { kind: 'typed', value: invocationJson(manifest.value) };
  return undefined;
}

/** Fractions included. */
export const secondsFromProto = (duration: Duration | undefined): number | undefined =>
  duration === undefined ? undefined : Number(duration.seconds) + duration.nanos / 1e9;

export function optionsFromProto(options: ExecutionOptions | undefined): Options {
  const timeouts = options?.timeouts;
  return {
    pool: options?.pool ?? '',
    priorityClass: options?.priorityClass ?? '',
    spot: options?.spot ?? false,
    timeouts: {
      queue: secondsFromProto(timeouts?.queue),
      start: secondsFromProto(timeouts?.start),
      run: secondsFromProto(timeouts?.run),
      total: secondsFromProto(timeouts?.total),
    },
    atMostOnce: atMostOnce(options?.startGuarantee),
    replaceDisrupted: options?.disruptionPolicy === DisruptionPolicy.REPLACE,
    uninterruptible: options?.interruptible === false,
    gracePeriod: secondsFromProto(options?.gracePeriod),
    ttlAfterFinished: secondsFromProto(options?.ttlAfterFinished),
    retainUntilAcknowledged: secondsFromProto(options?.retainUntilAcknowledged),
    command: options?.command ?? [],
    args: options?.args ?? [],
    env: { ...options?.env },
    volumes: (options?.volumes ?? []).map(volumeFromProto),
    secrets: (options?.secrets ?? []).map(secretFromProto),
    egress: (options?.egress ?? []).map(egressFromProto),
    noEgress: options?.noEgress ?? false,
    labels: { ...options?.labels },
    annotations: { ...options?.annotations },
    unsupported: options === undefined ? [] : unsupported(options),
  };
}

/** Undefined where the caller leaves it to the defaults. */
function atMostOnce(guarantee: StartGuarantee | undefined): boolean | undefined {
  if (guarantee === StartGuarantee.AT_MOST_ONCE) return true;
  return guarantee === StartGuarantee.AT_LEAST_ONCE ? false : undefined;
}

/** What the contract has a name for and this executor has not built: refused by name, never ignored. */
function unsupported(options: ExecutionOptions): readonly string[] {
  const { startGuarantee: start, disruptionPolicy: disruption } = options;
  // Values that are newer than this executor are refused, too.
  const fields: readonly (readonly [string, boolean])[] = [
    ['start_guarantee', StartGuarantee[start] === undefined],
    ['disruption_policy', DisruptionPolicy[disruption] === undefined],
    ['lease', options.lease !== undefined],
  ];
  return fields.filter(([, set]) => set).map(([name]) => name);
}

function secretFromProto({ name: secret, key, target }: SecretRef): SecretUse {
  switch (target.case) {
    case 'env':
      return { secret, key, target: { kind: 'env', name: target.value } };
    case 'mountPath':
      return { secret, key, target: { kind: 'files', mountPath: target.value } };
    default:
      return { secret, key, target: { kind: 'none' } };
  }
}

/** An empty one is refused as a range that is none. */
export function egressFromProto({
  to,
  ports,
}: Pick<ProtoEgress, 'ports'> & {
  readonly to: { readonly case?: string | undefined; readonly value?: string | undefined };
}): Egress {
  const { value = '' } = to;
  const target = {
    namespace: { kind: 'namespace', namespace: value },
    host: { kind: 'host', host: value },
  } as const;
  return {
    to: to.case === 'namespace' || to.case === 'host' ? target[to.case] : { kind: 'cidr', cidr: value },
    ports: [...ports],
  };
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
