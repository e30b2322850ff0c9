import type { JsonValue } from '../lib/json-text.ts';
import type { Violation } from '../step/errors.ts';

export interface TextRule {
  readonly required?: boolean;
  /** In UTF-16 units. */
  readonly max?: number;
  readonly pattern?: RegExp;
  /** The pattern in words. */
  readonly shape?: string;
  /** False to refuse control characters. NUL is refused everywhere. */
  readonly control?: false;
}

/** Reads the fields of one JSON object and notes what is wrong. Absent and null are the same; what is wrong reads as absent. */
export interface Reader {
  literal(field: string, wanted: string): void;
  string(field: string, rule: TextRule): string;
  strings(field: string): readonly string[];
  /** Undefined where nothing is said. */
  flag(field: string): boolean | undefined;
  integer(field: string, min: number, max: number): number | undefined;
  /** Text, or a number that stands for the same text. */
  quantity(field: string): string;
  object(field: string, required: boolean): Reader;
  objects(field: string, max: number): readonly Reader[];
  any(field: string, kind: 'object'): void;
  /** Refuses members with other names. */
  only(fields: readonly string[]): void;
  refuse(field: string, message: string): void;
  unsupported(field: string): void;
}

/** The start of a message that turns a violation into UNSUPPORTED_OPTION. */
export const unsupportedPrefix = 'is not supported by this executor';

/** What is said of fields that this version of the contract does not know, by path. */
export const newerFields = (fields: readonly string[]): readonly Violation[] =>
  fields.map((field) => ({ field, message: `${unsupportedPrefix}: it is newer than this executor` }));

type Members = Readonly<Record<string, JsonValue>>;
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is the check for them.
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

export function createReader(root: JsonValue, path: string) {
  const violations: Violation[] = [];
  const add = (field: string, message: string) => violations.push({ field, message });
  const join = (base: string, field: string) => (field === '' ? base : `${base}.${field}`);

  function open(value: JsonValue | undefined, base: string, required: boolean): Reader {
    if (value === undefined || value === null) {
      if (required) add(base, 'is required');
      return reader({}, base, false);
    }
    if (typeof value === 'object' && !Array.isArray(value)) return reader(value as Members, base, true);
    add(base, `must be an object, is ${kindOf(value)}`);
    return reader({}, base, false);
  }

  /** `whole` is false for an object that is missing: its required fields are then not worth a line of their own. */
  function reader(members: Members, base: string, whole: boolean): Reader {
    const get = (field: string) =>
      Object.hasOwn(members, field) ? (members[field] ?? undefined) : undefined;
    const refuse = (field: string, message: string) => add(join(base, field), message);
    const wrong = (field: string, value: JsonValue, wanted: string) =>
      refuse(field, `must be ${wanted}, is ${kindOf(value)}`);
    return {
      refuse,
      literal(field, wanted) {
        const value = get(field);
        if (value !== wanted && whole) refuse(field, `must be "${wanted}"`);
      },
      string(field, rule) {
        const value = get(field);
        if (value === undefined || value === '') {
          if (rule.required === true && whole) refuse(field, 'is required');
          return '';
        }
        if (typeof value !== 'string') {
          wrong(field, value, 'a string');
          return '';
        }
        const problem = textProblem(value, rule);
        if (problem !== undefined) refuse(field, problem);
        return value;
      },
      strings(field) {
        const value = get(field);
        if (value === undefined) return [];
        if (Array.isArray(value) && value.every((v) => typeof v === 'string')) return value as string[];
        wrong(field, value, 'a list of strings');
        return [];
      },
      flag(field) {
        const value = get(field);
        if (value === undefined || typeof value === 'boolean') return value;
        wrong(field, value, 'true or false');
        return undefined;
      },
      integer(field, min, max) {
        const value = get(field);
        if (value === undefined) return undefined;
        if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max)
          return value;
        refuse(field, `must be a whole number from ${min} to ${max}`);
        return undefined;
      },
      quantity(field) {
        const value = get(field);
        if (value === undefined) return '';
        if (typeof value === 'number') return String(value);
        if (typeof value === 'string' && value.length <= 64) return value;
        if (typeof value === 'string') refuse(field, 'must be at most 64 characters long');
        else wrong(field, value, 'a quantity such as "500m" or "2Gi"');
        return '';
      },
      object: (field, required) => open(get(field), join(base, field), required && whole),
      objects(field, max) {
        const value = get(field);
        if (value === undefined) return [];
        if (!Array.isArray(value)) {
          wrong(field, value, 'a list');
          return [];
        }
        if (value.length > max) {
          refuse(field, `must have at most ${max} entries, has ${value.length}`);
          return [];
        }
        return value.map((item: JsonValue, i) => open(item, `${join(base, field)}[${i}]`, true));
      },
      any(field, kind) {
        const value = get(field);
        if (value !== undefined && (typeof value !== 'object' || Array.isArray(value)))
          wrong(field, value, `an ${kind}`);
      },
      only(fields) {
        for (const field of Object.keys(members)) {
          if (fields.includes(field) || members[field] === null) continue;
          add(base + member(field), `${unsupportedPrefix}; known here: ${fields.join(', ')}`);
        }
      },
      unsupported: (field) => refuse(field, `${unsupportedPrefix} yet; leave it out`),
    };
  }

  return { at: (field: string) => open(root, join(path, field), true), violations };
}

/** A member's name in a path, bounded, and quoted where it is no plain word: it is the caller's text. */
function member(name: string): string {
  if (name.length <= 64 && /^[A-Za-z_][\w-]*$/.test(name)) return `.${name}`;
  return `[${JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name)}]`;
}

export function textProblem(value: string, rule: TextRule): string | undefined {
  if (rule.max !== undefined && value.length > rule.max) {
    return `must be at most ${rule.max} characters long, has ${value.length}`;
  }
  if (!value.isWellFormed()) return 'must be well-formed Unicode';
  if (value.includes('\u0000')) return 'must not contain NUL';
  if (rule.control === false && controlCharacter.test(value)) return 'must not contain control characters';
  if (rule.pattern !== undefined && !rule.pattern.test(value))
    return `must be ${rule.shape ?? String(rule.pattern)}`;
  return undefined;
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
