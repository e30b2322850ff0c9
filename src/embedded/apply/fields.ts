import { isRecord, sameJson } from '../json.ts';
import type { KubeObject } from '../objects.ts';

/** The way to a field, key by key. */
export type Path = readonly string[];

/** The fields that somebody can own, by their path as text. Lists are owned whole, which is what all of them are that we know of. */
export type Fields = ReadonlyMap<string, { readonly path: Path; readonly value: unknown }>;

const OWNED_METADATA = ['labels', 'annotations', 'finalizers', 'ownerReferences'];
const NOBODYS = ['apiVersion', 'kind', 'metadata', 'status'];

export const pathText = (path: Path): string => JSON.stringify(path);

export function fieldsOf(object: Readonly<Record<string, unknown>>): Fields {
  const metadata = isRecord(object.metadata) ? object.metadata : {};
  const parts = Object.entries(object).filter(([name]) => !NOBODYS.includes(name));
  const owned = OWNED_METADATA.filter((name) => metadata[name] !== undefined).map(
    (name) => [['metadata', name], metadata[name]] as const,
  );
  const all = [...owned, ...parts.map(([name, value]) => [[name], value] as const)];
  return new Map(
    all.flatMap(([path, value]) => leaves(path, value)).map((leaf) => [pathText(leaf.path), leaf] as const),
  );
}

/** Selectors are owned whole, too. */
const isWhole = (path: Path): boolean => /selector$/i.test(path.at(-1) ?? '');

function leaves(path: Path, value: unknown): { path: Path; value: unknown }[] {
  if (!isRecord(value) || Object.keys(value).length === 0 || isWhole(path)) return [{ path, value }];
  return Object.entries(value).flatMap(([key, item]) => leaves([...path, key], item));
}

/** What is empty is not stored. */
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** Whether an object has a field already as a write wants it. An empty map asks for no more than that there is one. */
export function hasField(
  object: KubeObject,
  { path, value }: { readonly path: Path; readonly value: unknown },
): boolean {
  const there = valueAt(object, path);
  if (isEmpty(value) && isEmpty(there)) return true;
  if (isRecord(value) && Object.keys(value).length === 0 && isRecord(there) && !isWhole(path)) return true;
  return sameJson(value, there);
}

export function valueAt(object: KubeObject, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), object);
}

/** Writes a field of a draft; undefined takes it out. */
export function setAt(draft: Record<string, unknown>, path: Path, value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    if (value === undefined) delete draft[key];
    else draft[key] = structuredClone(value);
    return;
  }
  if (!isRecord(draft[key])) {
    if (value === undefined) return;
    draft[key] = {};
  }
  setAt(draft[key] as Record<string, unknown>, rest, value);
}
