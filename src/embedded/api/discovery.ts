import { allResources, apiVersionOf, type Resource } from '../registry/resources.ts';
import { ACCESS_REVIEWS, knownGroups } from './route.ts';

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** The version that the cluster says it is: the one whose behaviour it copies. */
export function versionOf(): Record<string, string> {
  return {
    major: '1',
    minor: '37',
    gitVersion: 'v1.37.2+embedded',
    platform: `${process.platform}/${process.arch}`,
  };
}

function described(resource: Resource): Record<string, unknown>[] {
  const { plural, singular, kind, namespaced, shortNames, status } = resource;
  const main = { name: plural, singularName: singular, namespaced, kind, verbs: VERBS };
  const names = shortNames.length === 0 ? main : { ...main, shortNames };
  const subresources = [...(status ? ['status'] : []), ...(plural === 'pods' ? ['log'] : [])];
  return [
    names,
    ...subresources.map((name) => ({
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      kind,
      verbs: name === 'log' ? ['get'] : ['get', 'patch', 'update'],
    })),
  ];
}

export function resourceList(group: string, version: string): Record<string, unknown> {
  const resources = allResources.filter((resource) => resource.group === group).flatMap(described);
  const review = {
    name: ACCESS_REVIEWS,
    singularName: '',
    namespaced: false,
    kind: 'SelfSubjectAccessReview',
    verbs: ['create'],
  };
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: group === 'authorization.k8s.io' ? [review] : resources,
  };
}

export function groupOf(name: string): Record<string, unknown> {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { kind: 'APIGroup', apiVersion: 'v1', name, versions: [version], preferredVersion: version };
}

export function groupList(): Record<string, unknown> {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: knownGroups().map(groupOf) };
}

export function coreVersions(): Record<string, unknown> {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

/** Everybody who has the token may do everything. */
export function accessReview(body: unknown): Record<string, unknown> {
  const asked = typeof body === 'object' && body !== null ? body : {};
  return {
    ...asked,
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    status: { allowed: true },
  };
}

export function listKind(resource: Resource): { kind: string; apiVersion: string } {
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource) };
}
