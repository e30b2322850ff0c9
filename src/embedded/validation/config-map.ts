import { isRecord, sameJson } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { type FieldError, forbiddenField, invalidValue, tooLong } from './field-error.ts';
import { configKey } from './names.ts';

const SIZE_LIMIT = 1024 * 1024;

function entries(object: KubeObject, bag: string): [string, unknown][] {
  const value = object[bag];
  return isRecord(value) ? Object.entries(value) : [];
}

function sizeOf(bag: string, value: unknown): number {
  if (typeof value !== 'string') return 0;
  return Buffer.byteLength(value, bag === 'data' ? 'utf8' : 'base64');
}

/** Values that are no base64 where they must be. Undefined when all can be read. */
export function misreadConfigMap(object: KubeObject): string | undefined {
  const bag = object.kind === 'Secret' ? 'data' : 'binaryData';
  for (const [, value] of entries(object, bag)) {
    const end = typeof value === 'string' ? value.search(/[^A-Za-z0-9+/=\r\n]/) : 0;
    if (end >= 0) return `illegal base64 data at input byte ${end}`;
  }
  return undefined;
}

/** ConfigMaps and Secrets: keys, values, at most 1 MiB. A Secret's data is base64, a ConfigMap's only in binaryData. */
export function validateConfigMap(object: KubeObject): FieldError[] {
  const encoded = object.kind === 'Secret' ? ['data'] : ['binaryData'];
  const plain = object.kind === 'Secret' ? [] : ['data'];
  const binary = new Set(entries(object, 'binaryData').map(([key]) => key));
  const bags = [...plain, ...encoded];
  const errors = bags.flatMap((bag) =>
    entries(object, bag).flatMap(([key, value]) => {
      const field = `${bag}[${key}]`;
      const found = configKey(key).map((text) => invalidValue(field, key, text));
      if (bag === 'data' && binary.has(key))
        found.push(invalidValue(field, key, 'duplicate of key present in binaryData'));
      if (typeof value !== 'string') found.push(invalidValue(field, value, 'must be a string'));
      return found;
    }),
  );
  const size = bags
    .flatMap((bag) =>
      entries(object, bag).map(([, value]) => sizeOf(encoded.includes(bag) ? 'base64' : bag, value)),
    )
    .reduce((sum, bytes) => sum + bytes, 0);
  return size > SIZE_LIMIT ? [...errors, tooLong('[]', SIZE_LIMIT)] : errors;
}

/** An immutable ConfigMap or Secret stays as it is for its whole life. */
export function validateConfigMapUpdate(object: KubeObject, previous: KubeObject): FieldError[] {
  if (previous.immutable !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  const released = object.immutable === true ? [] : [forbiddenField('immutable', why)];
  const changed = ['data', 'binaryData'].filter((bag) => !sameJson(object[bag], previous[bag]));
  return [...released, ...changed.map((bag) => forbiddenField(bag, why))];
}
