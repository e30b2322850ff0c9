import { NetworkError } from './network-error.ts';
import type { KubeList, KubeObject } from './types.ts';

/**
 * An answer of 200 that is JSON and yet no object of Kubernetes is a proxy's: nothing is known of what the API server did. Each of these
 * returns what it is given, or throws NetworkError `protocol`.
 */
export function storedObject<T extends object>(answer: T): T {
  const { name, uid } = metadataOf(answer);
  if (!isText(name) || !isText(uid)) throw noObject('it has no name or uid');
  return answer;
}

/** Of a dry run: nothing was stored, so the uid means nothing. */
export function dryObject<T extends object>(answer: T): T {
  if (!isText(metadataOf(answer).name)) throw noObject('it has no name');
  return answer;
}

/** A page whose items are objects. */
export function objectList<T extends object>(answer: KubeList<T>): KubeList<T> {
  if (!isRecord(answer) || !isRecord(answer.metadata) || !Array.isArray(answer.items))
    throw noObject('it is no list');
  answer.items.forEach(storedObject);
  return answer;
}

function metadataOf(answer: object): { readonly name?: unknown; readonly uid?: unknown } {
  const { metadata } = (isRecord(answer) ? answer : {}) as KubeObject;
  return isRecord(metadata) ? metadata : {};
}

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const noObject = (why: string) =>
  new NetworkError('protocol', `the answer is no object of Kubernetes: ${why}`);
