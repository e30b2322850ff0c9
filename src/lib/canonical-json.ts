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
  return print(value, []);
}

/** Where a value stands. Grows and shrinks on the way, and becomes a text only for an error. */
type Path = (string | number)[];

function print(value: unknown, path: Path): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return printString(value, path);
  if (typeof value === 'number') return printNumber(value, path);
  if (typeof value !== 'object') throw wrong(path, `is ${typeof value}, which is not JSON`);
  if (path.length >= maxDepth) throw wrong(path, `is nested deeper than ${maxDepth} levels`);
  if (Array.isArray(value)) return printItems(value, path);
  if (!isPlain(value)) throw wrong(path, 'is not a plain object');
  return printMembers(value as Readonly<Record<string, unknown>>, path);
}

function printItems(items: readonly unknown[], path: Path): string {
  let out = '[';
  // A loop by index visits holes, which forEach would skip.
  for (let i = 0; i < items.length; i += 1) {
    path.push(i);
    out += `${i > 0 ? ',' : ''}${print(items[i], path)}`;
    path.pop();
  }
  return `${out}]`;
}

function printMembers(members: Readonly<Record<string, unknown>>, path: Path): string {
  let out = '{';
  // The default order of sort() is that of UTF-16 code units, which is the one RFC 8785 section 3.2.3 asks for.
  for (const key of Object.keys(members).sort()) {
    path.push(key);
    out += `${out.length > 1 ? ',' : ''}${printString(key, path)}:${print(members[key], path)}`;
    path.pop();
  }
  return `${out}}`;
}

function printString(value: string, path: Path): string {
  if (!value.isWellFormed()) throw wrong(path, 'has a lone surrogate');
  return JSON.stringify(value);
}

function printNumber(value: number, path: Path): string {
  if (!Number.isFinite(value)) throw wrong(path, `is ${value}, which JSON cannot hold`);
  return String(value);
}

function wrong(path: Path, message: string): CanonicalJsonError {
  const text = path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`;
    return before === '' ? part : `${before}.${part}`;
  }, '');
  return new CanonicalJsonError(text, message);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
