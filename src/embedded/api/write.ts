import { isRecord } from '../json.ts';
import type { DeleteOptions } from '../registry/deletion.ts';
import type { Registry, WriteOptions } from '../registry/registry.ts';
import type { Resource } from '../registry/resources.ts';
import type { Store } from '../storage/store.ts';
import { type Exchange, mediaType, readJson, sendJson } from './exchange.ts';
import { wholeNumber } from './list-options.ts';
import { applyPatch, PATCH_TYPES } from './patch.ts';
import { parseListOptions } from './list-options.ts';
import { ApiError, badRequest, unsupportedMediaType } from './status.ts';

export type WriteDeps = { readonly store: Store; readonly registry: Registry };

type Target = {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource?: string;
};

const PRESERVED =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

function isDryRun(values: readonly unknown[]): boolean {
  const wrong = values.find((value) => value !== 'All');
  if (wrong !== undefined)
    throw badRequest(`Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`);
  return values.length > 0;
}

function writeOptions({ query }: Exchange, target: Partial<Target>): WriteOptions {
  const status = target.subresource === 'status' ? ({ subresource: 'status' } as const) : {};
  return { dryRun: isDryRun(query.getAll('dryRun')), ...status };
}

export async function create(
  deps: WriteDeps,
  exchange: Exchange,
  resource: Resource,
  namespace?: string,
): Promise<void> {
  const body = await readJson(exchange.request);
  sendJson(
    exchange.response,
    201,
    deps.registry.create(resource, namespace, body, writeOptions(exchange, {})),
  );
}

export async function update(deps: WriteDeps, exchange: Exchange, target: Target): Promise<void> {
  const body = await readJson(exchange.request);
  const { resource, namespace, name } = target;
  sendJson(
    exchange.response,
    200,
    deps.registry.update(resource, namespace, name, () => body, writeOptions(exchange, target)),
  );
}

export async function patch(deps: WriteDeps, exchange: Exchange, target: Target): Promise<void> {
  const type = mediaType(exchange.request);
  if (!PATCH_TYPES.includes(type)) throw unsupportedMediaType(PATCH_TYPES);
  const body = await readJson(exchange.request, PATCH_TYPES);
  const { resource, namespace, name } = target;
  const change = (current: Parameters<typeof applyPatch>[1]) => applyPatch(type, current, body);
  sendJson(
    exchange.response,
    200,
    deps.registry.update(resource, namespace, name, change, writeOptions(exchange, target)),
  );
}

/** Options of a deletion, from the body and, where it is silent, from the query. */
function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given = isRecord(body) ? body : {};
  const preconditions = isRecord(given['preconditions']) ? given['preconditions'] : {};
  const grace = given['gracePeriodSeconds'] ?? wholeNumber(query, 'gracePeriodSeconds');
  const policy = given['propagationPolicy'] ?? query.get('propagationPolicy');
  if (typeof policy === 'string' && !['Background', 'Foreground', 'Orphan'].includes(policy)) {
    throw new ApiError(
      422,
      'Invalid',
      `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: ${JSON.stringify(policy)}: supported values: "Background", "Foreground", "Orphan"`,
    );
  }
  const dryRun = Array.isArray(given['dryRun']) ? given['dryRun'] : query.getAll('dryRun');
  return {
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(typeof policy === 'string' ? { propagationPolicy: policy } : {}),
    ...(typeof preconditions['uid'] === 'string' ? { uid: preconditions['uid'] } : {}),
    ...(typeof preconditions['resourceVersion'] === 'string'
      ? { resourceVersion: preconditions['resourceVersion'] }
      : {}),
    dryRun: isDryRun(dryRun),
  };
}

/** Kinds whose deletion answers with the object even when it is gone. */
const RETURNED = new Set(['pods', 'serviceaccounts', 'resourcequotas']);

export async function remove(deps: WriteDeps, exchange: Exchange, target: Target): Promise<void> {
  const options = deleteOptions(exchange.query, await readJson(exchange.request));
  const { resource, namespace, name } = target;
  const { gone, object } = deps.registry.delete(resource, namespace, name, options);
  if (resource.plural === 'jobs' && options.propagationPolicy === undefined) {
    exchange.response.setHeader('warning', `299 - "${PRESERVED}"`);
  }
  if (!gone || RETURNED.has(resource.plural)) {
    sendJson(exchange.response, 200, object);
    return;
  }
  const group = resource.group === '' ? {} : { group: resource.group };
  const details = { name, ...group, kind: resource.plural, uid: object.metadata.uid };
  sendJson(exchange.response, 200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details,
  });
}

/** Deletes what a list would show, and answers with it. */
export async function removeAll(
  deps: WriteDeps,
  exchange: Exchange,
  resource: Resource,
  namespace?: string,
): Promise<void> {
  const options = deleteOptions(exchange.query, await readJson(exchange.request));
  const { matches } = parseListOptions(resource, namespace, exchange.query);
  const found = deps.store.list(resource.plural).filter(matches);
  const items = found.map(
    ({ metadata }) => deps.registry.delete(resource, metadata.namespace, metadata.name, options).object,
  );
  const metadata = { resourceVersion: String(deps.store.revision()) };
  sendJson(exchange.response, 200, { kind: `${resource.kind}List`, apiVersion: 'v1', metadata, items });
}
