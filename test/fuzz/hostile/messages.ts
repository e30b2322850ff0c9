import {
  create,
  type DescField,
  type DescMessage,
  type DescMethod,
  type Message,
  ScalarType,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { ExecutorService } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { TenantService } from '../../../gen/glip/executor/v1/tenant_service_pb.js';
import { Health } from '../../../gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '../../../gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../../../gen/grpc/reflection/v1alpha/reflection_pb.js';
import type { Random } from '../../faults/random.ts';
import { mutateBytes, mutateText } from '../mutate.ts';

/** Every RPC of both ports, and those of the HTTP port alone. */
export const httpMethods: readonly DescMethod[] = [ExecutorService, TenantService].flatMap((s) => s.methods);
export const methods: readonly DescMethod[] = [
  ...httpMethods,
  ...[Health, ServerReflection, ServerReflectionAlpha].flatMap((service) => service.methods as DescMethod[]),
];

export const pathOf = (method: DescMethod): string => `/${method.parent.typeName}/${method.name}`;

const texts = [
  '',
  'acme',
  'acme',
  'acme',
  'run-1',
  'ingest',
  'beta',
  'kube-system',
  '../..',
  '..%2f',
  'a/b',
  'A',
  '\u0000',
  '\n',
  '\u001b[31m',
  '\u202e',
  '名',
  '__proto__',
  'constructor',
  '*',
  '$(id)',
  '1Gi',
  '250m',
  '-1',
  '1e999',
  'standard',
  '10.0.0.0/8',
  '::/0',
  'https://x/y',
  's3://b/k',
  '{"apiVersion":"glip/v1"}',
  'glip.executor.v1.ExecutorService',
  'x'.repeat(300),
  'nobody/there:1',
  'MTIz',
];

/** A message of any type, from its description: each field there or not, with values that mean something to somebody. */
export function anyMessage(desc: DescMessage, random: Random, depth = 0): Message {
  const message = reflect(desc, create(desc));
  for (const field of desc.fields)
    if (random.next() < (depth < 5 ? 0.45 : 0.1)) set(message, field, random, depth);
  // Nothing that is played here is to make objects without an end.
  const validate = desc.fields.find(({ name }) => name === 'validate_only');
  if (validate !== undefined) message.set(validate, random.next() < 0.99);
  return message.message;
}

function set(message: ReflectMessage, field: DescField, random: Random, depth: number): void {
  const one = () => value(field, random, depth);
  if (field.fieldKind === 'list') {
    const list = message.get(field);
    for (let i = random.between(0, 3); i > 0; i--) list.add(one() as never);
  } else if (field.fieldKind === 'map') {
    const map = message.get(field);
    for (let i = random.between(0, 3); i > 0; i--) map.set(random.pick(texts) as never, one() as never);
  } else message.set(field, one() as never);
}

function value(field: DescField, random: Random, depth: number): unknown {
  const type =
    field.fieldKind === 'list' ? field.listKind : field.fieldKind === 'map' ? field.mapKind : field.fieldKind;
  if (type === 'message') {
    const desc = (field as { message: DescMessage }).message;
    return reflect(desc, anyMessage(desc, random, depth + 1));
  }
  if (type === 'enum') return random.pick([0, 1, 2, 3, 99, -1, 2_147_483_647]);
  return scalar((field as { scalar: ScalarType }).scalar, random);
}

function scalar(type: ScalarType, random: Random): unknown {
  switch (type) {
    case ScalarType.STRING:
      return random.pick(texts);
    case ScalarType.BYTES:
      return Buffer.from(random.pick(texts));
    case ScalarType.BOOL:
      return random.next() < 0.5;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return random.pick([0, 1, -1, 1.5, 1e30, Number.NaN, Number.POSITIVE_INFINITY]);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return random.pick([0, 1, 2, 500, 9_999, 4_294_967_295]);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return random.pick([0, 1, -1, 500, 2_147_483_647, -2_147_483_648]);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return random.pick([0n, 1n, 2n ** 53n, 2n ** 64n - 1n]);
    default:
      return random.pick([0n, 1n, -1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)]);
  }
}

/** A request as protobuf has it, or nearly so. */
export function requestBytes(method: DescMethod, random: Random): Buffer {
  const bytes = Buffer.from(toBinary(method.input, anyMessage(method.input, random)));
  return random.next() < 0.5 ? bytes : mutateBytes([bytes, Buffer.from([0x0a, 0x80])], random);
}

/** The same as JSON. */
export function requestJson(method: DescMethod, random: Random): string {
  let json = '{}';
  try {
    json = toJsonString(method.input, anyMessage(method.input, random));
  } catch {
    // Some of what protobuf can hold JSON cannot.
  }
  return random.next() < 0.5
    ? json
    : mutateText([json, '{}'], ['"key":', '"tenant":', '"validateOnly":true'], random);
}
