import { isRecord } from '../json.ts';
import type { ManagedFields } from '../objects.ts';
import { type Path, pathText } from './fields.ts';

/** Who owns which fields. */
export type Manager = {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time: string;
  /** By their path as text. */
  readonly fields: ReadonlyMap<string, Path>;
};

export const isSame = (left: Manager, right: Pick<Manager, 'name' | 'operation'>): boolean =>
  left.name === right.name && left.operation === right.operation;

export const setOf = (paths: Iterable<Path>): ReadonlyMap<string, Path> =>
  new Map([...paths].map((path) => [pathText(path), path]));

export function readManagers(entries: readonly ManagedFields[] | undefined): Manager[] {
  return (entries ?? []).map(({ manager, operation, apiVersion, time, fieldsV1 }) => ({
    name: manager,
    operation,
    apiVersion,
    time,
    fields: setOf(pathsIn(fieldsV1, [])),
  }));
}

function pathsIn(node: unknown, path: Path): Path[] {
  if (!isRecord(node) || Object.keys(node).length === 0) return path.length === 0 ? [] : [path];
  return Object.entries(node).flatMap(([key, child]) => pathsIn(child, [...path, key.replace(/^f:/, '')]));
}

/** As metadata.managedFields shows them; who owns nothing is left out. */
export function printManagers(managers: readonly Manager[]): ManagedFields[] {
  return managers
    .filter(({ fields }) => fields.size > 0)
    .map(({ name, operation, apiVersion, time, fields }) => ({
      manager: name,
      operation,
      apiVersion,
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: treeOf(fields.values()),
    }));
}

type Tree = { [key: string]: Tree };

function treeOf(paths: Iterable<Path>): Tree {
  const root: Tree = {};
  for (const path of paths) {
    let node = root;
    for (const key of path) {
      const child = node[`f:${key}`] ?? {};
      node[`f:${key}`] = child;
      node = child;
    }
  }
  return root;
}

/** The fields without those. */
export const without = (
  fields: Manager['fields'],
  others: { has(key: string): boolean },
): ReadonlyMap<string, Path> => new Map([...fields].filter(([key]) => !others.has(key)));
