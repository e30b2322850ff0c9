import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { didYouMean } from '../config/did-you-mean.ts';
import { parseDuration } from '../config/duration.ts';

/** One thing that is wrong with a document, with its path as the proto writes it. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** Proto JSON, or everything in which the document differs from the message's form. */
export type Normalized = { readonly value: unknown; readonly problems: readonly FieldProblem[] };

const durationType = 'google.protobuf.Duration';

/**
 * Checks a document against a message before the library reads it, which stops at its first complaint and knows no
 * hints. Durations may be written as in Kubernetes (1h30m); all else is proto JSON.
 */
export function normalize(desc: DescMessage, value: unknown, path = ''): Normalized {
  const problems: FieldProblem[] = [];
  return { value: message(desc, value, path, problems), problems };
}

function message(desc: DescMessage, value: unknown, path: string, problems: FieldProblem[]): unknown {
  if (desc.typeName === durationType) return duration(value, path, problems);
  if (desc.typeName.startsWith('google.protobuf.')) return value;
  if (!isMapping(value)) {
    problems.push({ path, message: `must be a mapping, is ${describe(value)}` });
    return value;
  }
  const fields = new Map(
    desc.fields.flatMap((field) => [[field.name, field] as const, [field.jsonName, field]]),
  );
  const result: Record<string, unknown> = {};
  const seen = new Map<string, string>();
  for (const [key, entry] of Object.entries(value)) {
    const at = join(path, key);
    const field = fields.get(key);
    if (field === undefined) {
      const names = desc.fields.map(({ name }) => name);
      problems.push({ path: at, message: `is not a field of ${desc.name}${didYouMean(key, names)}` });
      continue;
    }
    const place = field.oneof?.name ?? field.name;
    const twin = seen.get(place);
    if (twin !== undefined) problems.push({ path: at, message: `cannot stand beside ${twin}` });
    if (entry === null) continue;
    seen.set(place, key);
    result[field.name] = fieldValue(field, entry, join(path, field.name), problems);
  }
  return result;
}

function fieldValue(field: DescField, value: unknown, path: string, problems: FieldProblem[]): unknown {
  if (field.fieldKind === 'list') {
    if (!Array.isArray(value)) {
      problems.push({ path, message: `must be a list, is ${describe(value)}` });
      return value;
    }
    return value.map((item, i) => single(field, item, `${path}[${i}]`, problems));
  }
  if (field.fieldKind === 'map') {
    if (!isMapping(value)) {
      problems.push({ path, message: `must be a mapping, is ${describe(value)}` });
      return value;
    }
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, item]) => [key, single(field, item, join(path, key), problems)]),
    );
  }
  return single(field, value, path, problems);
}

function single(field: DescField, value: unknown, path: string, problems: FieldProblem[]): unknown {
  if (field.message !== undefined) return message(field.message, value, path, problems);
  if (field.enum !== undefined) return enumValue(field.enum, value, path, problems);
  const complaint = scalarComplaint(field.scalar, value);
  if (complaint !== undefined) problems.push({ path, message: complaint });
  return value;
}

function enumValue(desc: DescEnum, value: unknown, path: string, problems: FieldProblem[]): unknown {
  const names = desc.values.map(({ name }) => name).slice(1);
  if (typeof value === 'string' && desc.values.some(({ name }) => name === value)) return value;
  const hint = typeof value === 'string' ? didYouMean(value, names) : '';
  problems.push({ path, message: `${describe(value)} is not one of ${names.join(', ')}${hint}` });
  return value;
}

function duration(value: unknown, path: string, problems: FieldProblem[]): unknown {
  const parsed = parseDuration(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  if (parsed.ok) return `${parsed.value.seconds}s`;
  // Proto JSON knows nanoseconds and negative durations; whether they make sense is the server's to say.
  if (typeof value === 'string' && /^-?\d{1,12}(\.\d{1,9})?s$/.test(value)) return value;
  problems.push({ path, message: parsed.message });
  return value;
}

function scalarComplaint(scalar: ScalarType | undefined, value: unknown): string | undefined {
  switch (scalar) {
    case ScalarType.STRING: {
      if (typeof value === 'string') return undefined;
      const quoted = typeof value === 'number' || typeof value === 'boolean' ? `; write "${value}"` : '';
      return `must be a text, is ${describe(value)}${quoted}`;
    }
    case ScalarType.BOOL:
      return typeof value === 'boolean' ? undefined : `must be true or false, is ${describe(value)}`;
    case ScalarType.UINT32:
    case ScalarType.UINT64:
    case ScalarType.INT32: {
      const number = typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? Number(value) : value;
      const whole = typeof number === 'number' && Number.isInteger(number);
      if (!whole) return `must be a whole number, is ${describe(value)}`;
      if (scalar !== ScalarType.INT32 && number < 0) return `must not be negative, is ${describe(value)}`;
      const fits = scalar === ScalarType.UINT64 ? number < 2 ** 64 : Math.abs(number) < 2 ** 31;
      return fits ? undefined : `is out of range: ${describe(value)}`;
    }
    default:
      return undefined;
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, key: string): string {
  const name = /^[\w-]{1,64}$/.test(key) ? key : undefined;
  if (name === undefined) return `${path}[${JSON.stringify(key.slice(0, 64))}]`;
  return path === '' ? name : `${path}.${name}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'a mapping';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
