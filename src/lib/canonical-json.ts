import type { JsonValue } from './json-text.ts';

/** Deeper values are refused, so that no input overflows the stack. */
const maxDepth = 512;

/** Says where a value stands that has no canonical form. */
export class CanonicalJsonError extends TypeError {
  override readonly name = 'CanonicalJsonError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(`${path === '' ? 'the value' : path} ${message}`);
    this.path = path;
  }
}

/**
 * RFC 8785 (JCS): one text per JSON value, for hashes. Members are sorted by UTF-16 code units, numbers printed as
 * ECMAScript does. Throws CanonicalJsonError for what I-JSON cannot hold: NaN, infinities, lone surrogates, undefined.
 */
export function canonicalJson(value: JsonValue): string {
  return print(value, '', 0);
}

function print(value: unknown, path: string, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return printString(value, path);
  if (typeof value === 'number') return printNumber(value, path);
  if (typeof value !== 'object') throw new CanonicalJsonError(path, `is ${typeof value}, which is not JSON`);
  if (depth >= maxDepth) throw new CanonicalJsonError(path, `is nested deeper than ${maxDepth} levels`);
  if (Array.isArray(value)) return `[${printItems(value, path, depth + 1)}]`;
  if (!isPlain(value)) throw new CanonicalJsonError(path, 'is not a plain object');
  return `{${printMembers(value, path, depth + 1)}}`;
}

function printItems(items: readonly unknown[], path: string, depth: number): string {
  // Array.from visits holes, which map would skip and join would print as nothing.
  return Array.from(items, (item, index) => print(item, `${path}[${index}]`, depth)).join(',');
}

function printMembers(members: object, path: string, depth: number): string {
  // The default order of sort() is that of UTF-16 code units, which is the one RFC 8785 section 3.2.3 asks for.
  const entries = Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, member]) => printMember(key, member, path, depth)).join(',');
}

function printMember(key: string, member: unknown, path: string, depth: number): string {
  const at = path === '' ? key : `${path}.${key}`;
  return `${printString(key, at)}:${print(member, at, depth)}`;
}

function printString(value: string, path: string): string {
  if (!value.isWellFormed()) throw new CanonicalJsonError(path, 'has a lone surrogate');
  return JSON.stringify(value);
}

function printNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new CanonicalJsonError(path, `is ${value}, which JSON cannot hold`);
  return String(value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
