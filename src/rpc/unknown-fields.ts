import type { Message } from '@bufbuild/protobuf';

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
