import { isRecord, sameJson } from '../json.ts';

/** Lists of objects that merge by a key, by their field name: the ones that a Job, a Pod or a ServiceAccount has. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  conditions: 'type',
  containers: 'name',
  initContainers: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  env: 'name',
  imagePullSecrets: 'name',
  schedulingGates: 'name',
  ownerReferences: 'uid',
  secrets: 'name',
  containerStatuses: 'name',
};
const SETS: ReadonlySet<string> = new Set(['finalizers']);

function mergeByKey(current: readonly unknown[], patch: readonly unknown[], key: string): unknown[] {
  const result = [...current];
  for (const item of patch) {
    if (!isRecord(item)) continue;
    const index = result.findIndex((known) => isRecord(known) && sameJson(known[key], item[key]));
    if (item.$patch === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) result[index] = applyStrategicPatch(result[index], item);
    else result.push(applyStrategicPatch({}, item));
  }
  return result;
}

function mergeList(name: string, current: unknown, patch: readonly unknown[]): unknown {
  const known = Array.isArray(current) ? current : [];
  if (SETS.has(name)) return [...new Set([...known, ...patch])];
  const key = MERGE_KEYS[name];
  if (patch.some((item) => isRecord(item) && item.$patch === 'replace')) {
    return patch.filter((item) => !(isRecord(item) && item.$patch === 'replace'));
  }
  return key === undefined ? structuredClone(patch) : mergeByKey(known, patch, key);
}

/** Strategic merge patch with the merge keys above and the directives replace, delete and deleteFromPrimitiveList. */
export function applyStrategicPatch(document: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return structuredClone(patch);
  const replace = patch.$patch === 'replace';
  const result = new Map(Object.entries(isRecord(document) && !replace ? document : {}));
  for (const [key, value] of Object.entries(patch)) {
    const removal = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key)?.[1];
    if (removal !== undefined && Array.isArray(value)) {
      const current = result.get(removal);
      if (Array.isArray(current)) {
        const rest = current.filter((item) => !value.includes(item));
        result.set(removal, rest);
      }
    } else if (key.startsWith('$')) continue;
    else if (value === null) result.delete(key);
    else if (Array.isArray(value)) result.set(key, mergeList(key, result.get(key), value));
    else result.set(key, applyStrategicPatch(result.get(key), value));
  }
  return Object.fromEntries(result);
}
