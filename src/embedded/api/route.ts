import { allResources, type Resource } from '../registry/resources.ts';

/** Where a request path leads. */
export type Route =
  | {
      readonly kind:
        | 'version'
        | 'health'
        | 'core-versions'
        | 'groups'
        | 'access-review'
        | 'missing'
        | 'unknown';
    }
  | { readonly kind: 'resources'; readonly group: string; readonly version: string }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'collection'; readonly resource: Resource; readonly namespace?: string }
  | {
      readonly kind: 'object';
      readonly resource: Resource;
      readonly namespace?: string;
      readonly name: string;
      readonly subresource?: string;
    };

const UNKNOWN: Route = { kind: 'unknown' };
/** A group that is served, but nothing of that name in it. */
const MISSING: Route = { kind: 'missing' };

export const ACCESS_REVIEWS = 'selfsubjectaccessreviews';
const REVIEW_GROUP = 'authorization.k8s.io';

export function knownGroups(): readonly string[] {
  return [...new Set(allResources.map(({ group }) => group).filter((group) => group !== '')), REVIEW_GROUP];
}

function find(group: string, plural: string, namespaced: boolean): Resource | undefined {
  return allResources.find(
    (resource) =>
      resource.group === group && resource.plural === plural && resource.namespaced === namespaced,
  );
}

/** Paths below /api/v1 or /apis/GROUP/v1. */
function objectRoute(group: string, parts: readonly string[]): Route {
  const [first = '', second, third, ...rest] = parts;
  if (first === 'namespaces' && second !== undefined && third !== undefined) {
    const resource = find(group, third, true);
    const [name, subresource] = rest;
    if (resource !== undefined && rest.length <= 2) {
      if (name === undefined) return { kind: 'collection', resource, namespace: second };
      return {
        kind: 'object',
        resource,
        namespace: second,
        name,
        ...(subresource === undefined ? {} : { subresource }),
      };
    }
  }
  const resource = find(group, first, false) ?? (second === undefined ? find(group, first, true) : undefined);
  if (resource === undefined || rest.length > 0) return MISSING;
  if (second === undefined) return { kind: 'collection', resource };
  return { kind: 'object', resource, name: second, ...(third === undefined ? {} : { subresource: third }) };
}

/** The route of a decoded path. */
export function parseRoute(path: string): Route {
  const parts = path.split('/').slice(1);
  if (parts.at(-1) === '') parts.pop();
  const [root, second, third, ...rest] = parts;
  if (root === 'version' && second === undefined) return { kind: 'version' };
  if (['healthz', 'livez', 'readyz'].includes(root ?? '')) return { kind: 'health' };
  if (root === 'api') {
    if (second === undefined) return { kind: 'core-versions' };
    if (second !== 'v1') return UNKNOWN;
    return third === undefined
      ? { kind: 'resources', group: '', version: 'v1' }
      : objectRoute('', [third, ...rest]);
  }
  if (root !== 'apis') return UNKNOWN;
  if (second === undefined) return { kind: 'groups' };
  if (!knownGroups().includes(second)) return UNKNOWN;
  if (third === undefined) return { kind: 'group', group: second };
  if (third !== 'v1') return UNKNOWN;
  if (rest.length === 0) return { kind: 'resources', group: second, version: third };
  if (second === REVIEW_GROUP)
    return rest[0] === ACCESS_REVIEWS && rest.length === 1 ? { kind: 'access-review' } : MISSING;
  return objectRoute(second, rest);
}
