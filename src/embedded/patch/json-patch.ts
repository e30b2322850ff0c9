import { isRecord, sameJson } from '../json.ts';

/** A JSON patch that cannot be applied to this document. */
export class PatchError extends Error {}

type Container = Record<string, unknown> | unknown[];

/** RFC 6901. */
function parsePointer(pointer: unknown): string[] {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) {
    throw new PatchError(`invalid pointer ${JSON.stringify(pointer)}`);
  }
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function indexIn(array: unknown[], token: string, limit: number): number {
  if (!/^(0|[1-9][0-9]*)$/.test(token)) throw new PatchError(`invalid array index ${token}`);
  const index = Number(token);
  if (index >= limit) throw new PatchError(`array index ${token} out of bounds of ${array.length}`);
  return index;
}

function child(container: unknown, token: string): unknown {
  if (Array.isArray(container)) return container[indexIn(container, token, container.length)];
  if (isRecord(container) && Object.hasOwn(container, token)) return container[token];
  return undefined;
}

function parentOf(document: unknown, path: readonly string[]): Container {
  let value = document;
  for (const token of path.slice(0, -1)) value = child(value, token);
  if (Array.isArray(value) || isRecord(value)) return value;
  throw new PatchError(`missing path /${path.slice(0, -1).join('/')}`);
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = parentOf(document, path);
  if (Array.isArray(parent)) {
    parent.splice(last === '-' ? parent.length : indexIn(parent, last, parent.length + 1), 0, value);
  } else {
    Object.defineProperty(parent, last, { value, enumerable: true, writable: true, configurable: true });
  }
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) return null;
  const parent = parentOf(document, path);
  if (Array.isArray(parent)) parent.splice(indexIn(parent, last, parent.length), 1);
  else if (Object.hasOwn(parent, last)) delete parent[last];
  else throw new PatchError(`unable to remove nonexistent key: ${last}`);
  return document;
}

/** Value at a path; throws when the path does not exist. */
function read(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) return document;
  const value = child(parentOf(document, path), last);
  if (value === undefined) throw new PatchError(`nonexistent key: ${last}`);
  return value;
}

function replace(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  read(document, path);
  const parent = parentOf(document, path);
  if (Array.isArray(parent)) parent[indexIn(parent, last, parent.length)] = value;
  else parent[last] = value;
  return document;
}

/** As Kubernetes does it, `test` for null also holds for a key that is absent, but its parent must exist. */
function test(document: unknown, path: readonly string[], value: unknown): unknown {
  const last = path.at(-1);
  const actual = last === undefined ? document : child(parentOf(document, path), last);
  if (!sameJson(actual ?? null, value ?? null))
    throw new PatchError(`testing value /${path.join('/')} failed`);
  return document;
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return path.length > prefix.length && prefix.every((token, index) => path[index] === token);
}

function applyOne(document: unknown, operation: unknown): unknown {
  if (!isRecord(operation)) throw new PatchError('an operation must be an object');
  const path = parsePointer(operation.path);
  const value = structuredClone(operation.value);
  const from = () => parsePointer(operation.from);
  if (['add', 'replace', 'test'].includes(String(operation.op)) && !Object.hasOwn(operation, 'value')) {
    throw new PatchError(`missing value of ${String(operation.op)}`);
  }
  switch (operation.op) {
    case 'add':
      return add(document, path, value);
    case 'remove':
      return remove(document, path);
    case 'replace':
      return replace(document, path, value);
    case 'test':
      return test(document, path, value);
    case 'copy':
      return add(document, path, structuredClone(read(document, from())));
    case 'move': {
      if (startsWith(path, from())) throw new PatchError('a value cannot be moved into itself');
      const moved = read(document, from());
      return add(remove(document, from()), path, moved);
    }
    default:
      throw new PatchError(`unexpected kind: ${String(operation.op)}`);
  }
}

/** RFC 6902: all operations or none. Returns a new document; throws PatchError when one does not apply. */
export function applyJsonPatch(document: unknown, operations: readonly unknown[]): unknown {
  return operations.reduce<unknown>(applyOne, structuredClone(document));
}
