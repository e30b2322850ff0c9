import { isRecord } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { DeleteOptions } from '../registry/deletion.ts';
import type { Registry, WriteOptions } from '../registry/registry.ts';
import type { Resource } from '../registry/resources.ts';
import { invalid, unsupportedOption, unsupportedPatchType } from '../status.ts';
import type { Store } from '../storage/store.ts';
import { immutable } from '../validation/metadata.ts';
import { apply } from './apply.ts';
import { type Exchange, mediaType, readJson, sendJson } from './exchange.ts';
import { parseListOptions, wholeNumber } from './list-options.ts';
import { APPLY_PATCH, applyPatch, PATCH_TYPES } from './patch.ts';

export type WriteDeps = { readonly store: Store; readonly registry: Registry };

type Target = {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource?: string;
};

const POLICIES = ['Foreground', 'Background', 'Orphan'];
const PRESERVED =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

function isDryRun(options: string, values: readonly unknown[]): boolean {
  if (values.some((value) => value !== 'All')) throw unsupportedOption(options, 'dryRun', values, ['All']);
  return values.length > 0;
}

function writeOptions(
  { query, request }: Exchange,
  options: string,
  target: Partial<Target> = {},
): WriteOptions {
  const status = target.subresource === 'status' ? ({ subresource: 'status' } as const) : {};
  const manager = query.get('fieldManager') ?? request.headers['user-agent']?.split('/')[0] ?? 'unknown';
  return { dryRun: isDryRun(options, query.getAll('dryRun')), manager, ...status };
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
    deps.registry.create(resource, namespace, body, writeOptions(exchange, 'Create')),
  );
}

export async function update(deps: WriteDeps, exchange: Exchange, target: Target): Promise<void> {
  const body = await readJson(exchange.request);
  const { resource, namespace, name } = target;
  sendJson(
    exchange.response,
    200,
    deps.registry.update(resource, namespace, name, () => body, writeOptions(exchange, 'Update', target)),
  );
}

export async function patch(deps: WriteDeps, exchange: Exchange, target: Target): Promise<void> {
  const type = mediaType(exchange.request);
  if (!PATCH_TYPES.includes(type)) throw unsupportedPatchType();
  const body = await readJson(exchange.request, PATCH_TYPES);
  if (type === APPLY_PATCH)
    return apply(deps, exchange, target, body, writeOptions(exchange, 'Patch', target));
  const { resource, namespace, name } = target;
  const change = (current: KubeObject) => {
    const patched = applyPatch(type, current, body);
    const uid = isRecord(patched) && isRecord(patched.metadata) ? patched.metadata.uid : current.metadata.uid;
    const errors = immutable('metadata.uid', uid ?? '', current.metadata.uid);
    if (errors.length > 0) throw invalid(resource.kind, resource.group, name, errors);
    return patched;
  };
  const options = writeOptions(exchange, 'Patch', target);
  sendJson(exchange.response, 200, deps.registry.update(resource, namespace, name, change, options));
}

/** Options of a deletion, from the body and, where it is silent, from the query. */
function deleteOptions(query: URLSearchParams, body: unknown): DeleteOptions {
  const given = isRecord(body) ? body : {};
  const preconditions = isRecord(given.preconditions) ? given.preconditions : {};
  const grace = given.gracePeriodSeconds ?? wholeNumber(query, 'gracePeriodSeconds');
  const policy = given.propagationPolicy ?? query.get('propagationPolicy');
  if (typeof policy === 'string' && !POLICIES.includes(policy)) {
    throw unsupportedOption('Delete', 'propagationPolicy', policy, [...POLICIES, 'nil']);
  }
  const dryRun = Array.isArray(given.dryRun) ? given.dryRun : query.getAll('dryRun');
  return {
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(typeof policy === 'string' ? { propagationPolicy: policy } : {}),
    ...(typeof preconditions.uid === 'string' ? { uid: preconditions.uid } : {}),
    ...(typeof preconditions.resourceVersion === 'string'
      ? { resourceVersion: preconditions.resourceVersion }
      : {}),
    dryRun: isDryRun('Delete', dryRun),
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
