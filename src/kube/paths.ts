/** The resources that the executor touches, by API group. */
const PREFIX = {
  jobs: '/apis/batch/v1',
  pods: '/api/v1',
  configmaps: '/api/v1',
  events: '/api/v1',
  serviceaccounts: '/api/v1',
  secrets: '/api/v1',
  resourcequotas: '/api/v1',
  limitranges: '/api/v1',
  persistentvolumeclaims: '/api/v1',
  networkpolicies: '/apis/networking.k8s.io/v1',
  ciliumnetworkpolicies: '/apis/cilium.io/v2',
  poddisruptionbudgets: '/apis/policy/v1',
  roles: '/apis/rbac.authorization.k8s.io/v1',
  rolebindings: '/apis/rbac.authorization.k8s.io/v1',
} as const;

const CLUSTER_PREFIX = {
  namespaces: '/api/v1',
  nodes: '/api/v1',
  priorityclasses: '/apis/scheduling.k8s.io/v1',
} as const;

/** A resource whose objects live in namespaces. */
export type NamespacedResource = keyof typeof PREFIX;

/** A resource without namespaces. */
export type ClusterResource = keyof typeof CLUSTER_PREFIX;

// encodeURIComponent leaves dots alone, and a URL parser on the way would resolve `..`; names are never that.
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..') throw new TypeError(`"${name}" is not a name in a path`);
  return encodeURIComponent(name);
}

/** All objects of a kind in every namespace, as list and watch take it. */
export const everywhere = (resource: NamespacedResource): string => `${PREFIX[resource]}/${resource}`;

/** The objects of a kind in one namespace; also where they are created. */
export const inNamespace = (resource: NamespacedResource, namespace: string): string =>
  `${PREFIX[resource]}/namespaces/${segment(namespace)}/${resource}`;

/** One object, or one of its subresources. */
export function object(
  resource: NamespacedResource,
  namespace: string,
  name: string,
  subresource?: 'log' | 'status' | 'eviction',
): string {
  const path = `${inNamespace(resource, namespace)}/${segment(name)}`;
  return subresource ? `${path}/${subresource}` : path;
}

/** All objects of a kind without namespaces. */
export const clusterWide = (resource: ClusterResource): string => `${CLUSTER_PREFIX[resource]}/${resource}`;

/** One object of a kind without namespaces. */
export const clusterObject = (resource: ClusterResource, name: string): string =>
  `${clusterWide(resource)}/${segment(name)}`;

/** The namespace that a path leads into; undefined for none. */
export const namespaceIn = (path: string): string | undefined => /\/namespaces\/([^/?]+)/.exec(path)?.[1];
