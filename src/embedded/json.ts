import { isRecord as isObject } from '../lib/is-record.ts';

/** True for a JSON object, not for an array or null; one that may be changed, as what a request has brought is the cluster's own. */
export const isRecord: (value: unknown) => value is Record<string, unknown> = isObject;

/** Structural equality of JSON values; a key whose value is undefined counts as absent. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameJson(item, right[index]));
  }
  if (!isRecord(left) || !isRecord(right)) return false;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => sameJson(left[key], right[key]));
}

const texts = new WeakMap<object, string>();

/** JSON text of a stored object, made once: stored objects never change, and each is sent to many watchers. */
export function textOf(object: object): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  texts.set(object, text);
  return text;
}
