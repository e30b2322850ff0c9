/** One kind of object that the API serves. */
export type Resource = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  /** True when status is a subresource of its own. */
  readonly status: boolean;
  /** Selectable fields besides metadata.name and metadata.namespace. */
  readonly fields: readonly string[];
};

function core(
  plural: string,
  singular: string,
  kind: string,
  shortNames: string[],
  rest: Partial<Resource> = {},
): Resource {
  const base = { group: '', version: 'v1', plural, singular, kind, shortNames };
  return { ...base, namespaced: true, status: false, fields: [], ...rest };
}

export const namespaces = core('namespaces', 'namespace', 'Namespace', ['ns'], {
  namespaced: false,
  status: true,
  fields: ['status.phase'],
});
export const nodes = core('nodes', 'node', 'Node', ['no'], {
  namespaced: false,
  status: true,
  fields: ['spec.unschedulable'],
});
export const pods = core('pods', 'pod', 'Pod', ['po'], {
  status: true,
  fields: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
  ],
});
export const configMaps = core('configmaps', 'configmap', 'ConfigMap', ['cm']);
export const secrets = core('secrets', 'secret', 'Secret', [], { fields: ['type'] });
export const serviceAccounts = core('serviceaccounts', 'serviceaccount', 'ServiceAccount', ['sa']);
export const resourceQuotas = core('resourcequotas', 'resourcequota', 'ResourceQuota', ['quota'], {
  status: true,
});
export const limitRanges = core('limitranges', 'limitrange', 'LimitRange', ['limits']);
export const events = core('events', 'event', 'Event', ['ev'], {
  fields: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
});
export const jobs: Resource = {
  group: 'batch',
  version: 'v1',
  plural: 'jobs',
  singular: 'job',
  kind: 'Job',
  namespaced: true,
  shortNames: [],
  status: true,
  fields: ['status.successful'],
};
export const podDisruptionBudgets: Resource = {
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  kind: 'PodDisruptionBudget',
  namespaced: true,
  shortNames: ['pdb'],
  status: true,
  fields: [],
};
export const networkPolicies: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  kind: 'NetworkPolicy',
  namespaced: true,
  shortNames: ['netpol'],
  status: false,
  fields: [],
};
export const priorityClasses: Resource = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  kind: 'PriorityClass',
  namespaced: false,
  shortNames: ['pc'],
  status: false,
  fields: [],
};

export const allResources: readonly Resource[] = [
  namespaces,
  nodes,
  pods,
  configMaps,
  secrets,
  serviceAccounts,
  resourceQuotas,
  limitRanges,
  events,
  jobs,
  networkPolicies,
  podDisruptionBudgets,
  priorityClasses,
];

/** `jobs.batch`, or just `pods` in the core group. */
export function qualifiedName(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
