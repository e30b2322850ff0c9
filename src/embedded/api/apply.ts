import { type Applying, applyAnew, applyOver } from '../apply/apply.ts';
import { timestamp } from '../clock.ts';
import { isRecord } from '../json.ts';
import { keyOf } from '../objects.ts';
import type { Registry, WriteOptions } from '../registry/registry.ts';
import { apiVersionOf, type Resource } from '../registry/resources.ts';
import { badRequest, conflict, invalid, MODIFIED_SINCE } from '../status.ts';
import type { Store } from '../storage/store.ts';
import { required } from '../validation/field-error.ts';
import { type Exchange, sendJson } from './exchange.ts';

/** Answers a server-side apply: 201 where there was no such object. */
export function apply(
  { store, registry }: { readonly store: Store; readonly registry: Registry },
  { query, response }: Pick<Exchange, 'query' | 'response'>,
  {
    resource,
    namespace,
    name,
  }: { readonly resource: Resource; readonly namespace: string | undefined; readonly name: string },
  body: unknown,
  options: WriteOptions,
): void {
  const manager = query.get('fieldManager') ?? '';
  if (manager === '')
    throw invalid('PatchOptions', 'meta.k8s.io', '', [
      required('fieldManager', 'is required for apply patch'),
    ]);
  if (!isRecord(body)) throw badRequest('error decoding YAML: the body of an apply must be an object');
  const metadata = isRecord(body.metadata) ? body.metadata : {};
  if (metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const force = query.get('force') === 'true';
  const applying: Applying = {
    manager,
    force,
    apiVersion: apiVersionOf(resource),
    time: timestamp(Date.now()),
  };
  const version = metadata.resourceVersion;
  const there = store.get(resource.plural, keyOf(resource.namespaced ? namespace : undefined, name));
  if (there === undefined) {
    if (version !== undefined) throw conflict(resource, name, MODIFIED_SINCE);
    const named = { ...body, metadata: { ...metadata, name } };
    return sendJson(response, 201, registry.create(resource, namespace, applyAnew(named, applying), options));
  }
  if (version !== undefined && version !== there.metadata.resourceVersion)
    throw conflict(resource, name, MODIFIED_SINCE);
  const change = (current: typeof there) => applyOver(current, body, applying);
  sendJson(response, 200, registry.update(resource, namespace, name, change, { ...options, applied: true }));
}
