import { isRecord } from '../json.ts';
import type { KubeObject, Metadata } from '../objects.ts';
import { badRequest } from '../status.ts';
import { misTyped } from '../validation/metadata.ts';
import { apiVersionOf, type Resource } from './resources.ts';

function unreadable(resource: Resource, why: string): Error {
  const { kind, version } = resource;
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

/** Maps that are not shown when they are empty; other empty objects mean something. */
const MAPS = new Set(['labels', 'annotations', 'nodeSelector', 'matchLabels', 'requests', 'limits']);

/** Without what Go leaves out: nulls, empty lists and empty maps. So a patch cannot find a map that the real server would not have. */
function pruned(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => pruned('', item));
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([key, item]) => {
    if (item === null || (Array.isArray(item) && item.length === 0)) return false;
    return !(isRecord(item) && MAPS.has(key) && Object.keys(item).length === 0);
  });
  return MAPS.has(name) ? value : Object.fromEntries(kept.map(([key, item]) => [key, pruned(key, item)]));
}

/** A body as an object of this resource: of the right kind, with metadata of the right types. Returns a copy that may be changed. */
export function parseObject(resource: Resource, body: unknown): KubeObject {
  if (!isRecord(body)) throw unreadable(resource, 'json: cannot unmarshal the body into an object');
  const version = body.apiVersion ?? apiVersionOf(resource);
  const kind = body.kind ?? resource.kind;
  if (version !== apiVersionOf(resource) || kind !== resource.kind) {
    const short = String(version).split('/').at(-1);
    throw badRequest(
      `${String(kind)} in version "${short}" cannot be handled as a ${resource.kind}: unknown conversion`,
    );
  }
  const metadata = body.metadata ?? {};
  if (!isRecord(metadata))
    throw unreadable(resource, 'json: cannot unmarshal metadata into Go struct field of type v1.ObjectMeta');
  const problem = misTyped(metadata);
  if (problem !== undefined) throw unreadable(resource, problem);
  for (const field of ['spec', 'status']) {
    const value = body[field] ?? {};
    if (!isRecord(value))
      throw unreadable(
        resource,
        `json: cannot unmarshal ${typeof value} into Go struct field ${resource.kind}.${field}`,
      );
  }
  const copy = structuredClone(body);
  if (copy.spec !== undefined) copy.spec = pruned('spec', copy.spec);
  const present = pruned('metadata', structuredClone(metadata)) as Partial<Metadata>;
  return {
    ...copy,
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '', ...present },
  };
}

/** Checks the namespace of a body against the one in the path, and puts that one in. */
export function placeIn(resource: Resource, object: KubeObject, namespace: string | undefined): void {
  if (!resource.namespaced) {
    delete object.metadata.namespace;
    return;
  }
  const given = object.metadata.namespace ?? '';
  if (given !== '' && given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (namespace !== undefined) object.metadata.namespace = namespace;
}
