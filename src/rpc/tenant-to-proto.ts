import { create } from '@bufbuild/protobuf';
import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt';
import {
  DisruptionPolicy,
  type ExecutionOptions,
  ExecutionOptionsSchema,
  StartGuarantee,
} from '../../gen/glip/executor/v1/options_pb.js';
import {
  type TenantEgress as ProtoEgress,
  type TenantSpec as ProtoSpec,
  type Tenant as ProtoTenant,
  SignaturePolicy,
  TenantEgressSchema,
  TenantSchema,
  TenantSpecSchema,
  TenantState,
} from '../../gen/glip/executor/v1/tenant_service_pb.js';
import type { OptionDefaults } from '../job/option-defaults.ts';
import type { Egress } from '../policy/egress.ts';
import type { TenantSpec } from '../tenant/spec.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { timestamp } from './to-proto.ts';

export function tenantToProto(tenant: Tenant, declared: boolean): ProtoTenant {
  const { spec, createTime } = tenant;
  return create(TenantSchema, {
    tenant: tenant.tenant,
    ...(spec && { spec: tenantSpecToProto(spec) }),
    state: TenantState[tenant.state],
    problems: [...tenant.problems],
    namespace: tenant.namespace,
    used: { ...tenant.used },
    ...(createTime > 0 && { createTime: timestamp(createTime) }),
    declared,
  });
}

const signaturePolicies = {
  required: SignaturePolicy.REQUIRED,
  'not-required': SignaturePolicy.NOT_REQUIRED,
} as const;

export function tenantSpecToProto(spec: TenantSpec): ProtoSpec {
  const defaults = defaultsToProto(spec.defaults);
  return create(TenantSpecSchema, {
    quota: { ...spec.quota },
    pools: [...spec.pools],
    priorityClasses: [...spec.priorityClasses],
    imageSources: [...spec.imageSources],
    imageKeys: [...spec.imageKeys],
    ...(spec.signatures !== undefined && { signaturePolicy: signaturePolicies[spec.signatures] }),
    egress: spec.egress.map(({ to, ports }) =>
      create(TenantEgressSchema, {
        to: egressToProto(to),
        ports: [...ports],
      }),
    ),
    secrets: [...spec.secrets],
    imagePullSecrets: [...spec.imagePullSecrets],
    labels: { ...spec.labels },
    ...(defaults && { defaultOptions: defaults }),
  });
}

/** Undefined where the tenant has none. */
function defaultsToProto(defaults: OptionDefaults): ExecutionOptions | undefined {
  const { timeouts, atMostOnce, replaceDisrupted, uninterruptible, ...rest } = defaults;
  const times = durations(timeouts);
  if (Object.keys(defaults).length === 1 && Object.keys(times).length === 0) return undefined;
  const { pool, priorityClass, ...seconds } = rest;
  return create(ExecutionOptionsSchema, {
    ...(pool !== undefined && { pool }),
    ...(priorityClass !== undefined && { priorityClass }),
    ...(atMostOnce !== undefined && {
      startGuarantee: atMostOnce ? StartGuarantee.AT_MOST_ONCE : StartGuarantee.AT_LEAST_ONCE,
    }),
    ...(replaceDisrupted !== undefined && {
      disruptionPolicy: replaceDisrupted ? DisruptionPolicy.REPLACE : DisruptionPolicy.FAIL,
    }),
    ...(uninterruptible !== undefined && { interruptible: !uninterruptible }),
    ...(Object.keys(times).length > 0 && { timeouts: times }),
    ...durations(seconds),
  });
}

const durations = (values: Readonly<Record<string, number | undefined>>): Record<string, Duration> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, create(DurationSchema, { seconds: BigInt(value) })]],
    ),
  );

function egressToProto(to: Egress['to']): ProtoEgress['to'] {
  switch (to.kind) {
    case 'cidr':
      return { case: 'cidr', value: to.cidr };
    case 'namespace':
      return { case: 'namespace', value: to.namespace };
    case 'host':
      return { case: 'host', value: to.host };
    default: {
      const never: never = to;
      return never;
    }
  }
}
