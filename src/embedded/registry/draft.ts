import { badRequest } from '../api/status.ts';
import { isRecord } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { misTyped } from '../validation/metadata.ts';
import { apiVersionOf, type Resource } from './resources.ts';

function unreadable(resource: Resource, why: string): Error {
  const { kind, version } = resource;
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

/** A body as an object of this resource: of the right kind, with metadata of the right types. Returns a copy that may be changed. */
export function parseObject(resource: Resource, body: unknown): KubeObject {
  if (!isRecord(body)) throw unreadable(resource, 'json: cannot unmarshal the body into an object');
  const version = body['apiVersion'] ?? apiVersionOf(resource);
  const kind = body['kind'] ?? resource.kind;
  if (version !== apiVersionOf(resource) || kind !== resource.kind) {
    const expected = `${apiVersionOf(resource)}, Kind=${resource.kind}`;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): ${String(version)}, Kind=${String(kind)} is not ${expected}`,
    );
  }
  const metadata = body['metadata'] ?? {};
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
  const copy = structuredClone({ ...body, metadata });
  const present = Object.fromEntries(Object.entries(copy.metadata).filter(([, value]) => value !== null));
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
