import { create } from '@bufbuild/protobuf';
import {
  DisruptionPolicy,
  type ExecutionOptions,
  ExecutionOptionsSchema,
} from '../../gen/glip/executor/v1/options_pb.js';
import {
  type TenantSpec as ProtoSpec,
  SignaturePolicy,
} from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { unsupportedPrefix } from '../job/manifest-reader.ts';
import type { OptionDefaults } from '../job/option-defaults.ts';
import type { Violation } from '../step/errors.ts';
import type { TenantSpec } from '../tenant/spec.ts';
import { egressFromProto, optionsFromProto } from './from-proto.ts';

/** The description as plain values; nothing is checked yet but what plain values cannot say. */
export function tenantSpecFromProto(
  spec: ProtoSpec,
  path: string,
): { readonly spec: TenantSpec; readonly violations: readonly Violation[] } {
  const unsupported = unsupportedDefaults(spec.defaultOptions).map((field) => ({
    field: `${path}.default_options.${field}`,
    message: `${unsupportedPrefix} as a tenant's default; leave it out`,
  }));
  return {
    spec: {
      quota: { ...spec.quota },
      pools: [...spec.pools],
      priorityClasses: [...spec.priorityClasses],
      imageSources: [...spec.imageSources],
      imageKeys: [...spec.imageKeys],
      ...signaturesFromProto(spec.signaturePolicy),
      egress: spec.egress.map(egressFromProto),
      secrets: [...spec.secrets],
      imagePullSecrets: [...spec.imagePullSecrets],
      labels: { ...spec.labels },
      defaults: defaultsFromProto(spec.defaultOptions),
    },
    violations: unsupported,
  };
}

/** A policy of a newer contract is none that could be looser. */
const signaturesFromProto = (policy: SignaturePolicy): Pick<TenantSpec, 'signatures'> => {
  if (policy === SignaturePolicy.UNSPECIFIED) return {};
  return { signatures: policy === SignaturePolicy.NOT_REQUIRED ? 'not-required' : 'required' };
};

function defaultsFromProto(options: ExecutionOptions | undefined): OptionDefaults {
  const said = optionsFromProto(options);
  const disruption = options?.disruptionPolicy ?? DisruptionPolicy.UNSPECIFIED;
  const { atMostOnce, gracePeriod, ttlAfterFinished, retainUntilAcknowledged } = said;
  const timeouts = Object.entries(said.timeouts).filter(([, value]) => value !== undefined);
  return {
    timeouts: Object.fromEntries(timeouts),
    ...(said.pool !== '' && { pool: said.pool }),
    ...(said.priorityClass !== '' && { priorityClass: said.priorityClass }),
    ...(atMostOnce !== undefined && { atMostOnce }),
    ...(disruption !== DisruptionPolicy.UNSPECIFIED && { replaceDisrupted: said.replaceDisrupted }),
    ...(options?.interruptible !== undefined && { uninterruptible: said.uninterruptible }),
    ...(gracePeriod !== undefined && { gracePeriod }),
    ...(ttlAfterFinished !== undefined && { ttlAfterFinished }),
    ...(retainUntilAcknowledged !== undefined && { retainUntilAcknowledged }),
  };
}

const supported: readonly string[] = [
  ...['pool', 'priority_class', 'start_guarantee', 'disruption_policy', 'interruptible', 'timeouts'],
  ...['grace_period', 'ttl_after_finished', 'retain_until_acknowledged'],
];

/** Options that are set and have no default, whatever the contract adds. */
function unsupportedDefaults(options: ExecutionOptions | undefined): readonly string[] {
  if (options === undefined) return [];
  const unset = create(ExecutionOptionsSchema) as unknown as Readonly<Record<string, unknown>>;
  const set = options as unknown as Readonly<Record<string, unknown>>;
  const differs = (name: string) =>
    JSON.stringify(printable(set[name])) !== JSON.stringify(printable(unset[name]));
  const others = ExecutionOptionsSchema.fields
    .filter(({ name, localName }) => !supported.includes(name) && differs(localName))
    .map(({ name }) => name);
  return [...new Set([...others, ...optionsFromProto(options).unsupported])];
}

/** Durations hold what JSON cannot print. */
const printable = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item)),
  );
