/** Verbs on a resource that the executor uses in every namespace, and what for. */
export interface NeededAccess {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
  /** Follows "needed". */
  readonly purpose: string;
  /** The executor does without it, and says less: to lack it is a warning. */
  readonly optional?: true;
  /** Of an API that not every cluster has. */
  readonly addOn?: true;
  /** Needed only where this setting asks for it. */
  readonly setting?: NeededSetting;
}

export type NeededSetting = 'identity.serviceAccounts' | 'tenants.management';

const keepsTenants = {
  purpose: "to lay down and keep tenants' namespaces",
  setting: 'tenants.management',
} as const;

/** The whole of the executor's permissions; what is not used is not asked for. */
export const neededAccess: readonly NeededAccess[] = [
  {
    group: 'batch',
    resource: 'jobs',
    verbs: ['create', 'get', 'list', 'watch', 'patch'],
    purpose: 'to submit, follow and cancel steps',
  },
  {
    group: '',
    resource: 'pods',
    verbs: ['list', 'watch', 'create', 'patch', 'delete'],
    purpose:
      'to follow steps, to dry-run their pods for validate_only, to open the gate of those that start at most once, and to stop them sooner than their Job does',
  },
  {
    group: '',
    resource: 'configmaps',
    verbs: ['create', 'get', 'patch'],
    purpose: "to hand over a step's manifest",
  },
  {
    group: '',
    resource: 'namespaces',
    verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'],
    ...keepsTenants,
  },
  ...[
    { group: 'networking.k8s.io', resource: 'networkpolicies' },
    { group: '', resource: 'resourcequotas' },
    { group: '', resource: 'limitranges' },
    { group: '', resource: 'serviceaccounts' },
  ].map((of) => ({
    ...of,
    verbs: ['create', 'get', 'list', 'watch', 'patch'],
    ...keepsTenants,
  })),
  {
    group: 'cilium.io',
    resource: 'ciliumnetworkpolicies',
    verbs: ['create', 'get', 'list', 'watch', 'patch'],
    purpose: 'where the cluster has Cilium, for egress to hosts, which is refused otherwise',
    optional: true,
    setting: 'tenants.management',
    addOn: true,
  },
  {
    group: '',
    resource: 'events',
    verbs: ['create'],
    purpose: "to tell in a tenant's namespace what was repaired there",
    optional: true,
    setting: 'tenants.management',
  },
  {
    group: '',
    resource: 'events',
    verbs: ['list', 'watch'],
    purpose: 'to say why a step waits or has failed',
    optional: true,
  },
  {
    group: 'policy',
    resource: 'poddisruptionbudgets',
    verbs: ['create'],
    purpose: 'for steps that are not interruptible, which are refused otherwise',
    optional: true,
  },
  {
    group: '',
    resource: 'nodes',
    verbs: ['list', 'watch'],
    purpose: 'to tell of drains, spot notices and lost nodes ahead',
    optional: true,
  },
  {
    group: '',
    resource: 'pods',
    subresource: 'log',
    verbs: ['get'],
    purpose: 'for StreamLogs, and for the last lines of what has failed',
    optional: true,
  },
  {
    group: 'authentication.k8s.io',
    resource: 'tokenreviews',
    verbs: ['create'],
    purpose: 'to know callers by the tokens of their service accounts',
    setting: 'identity.serviceAccounts',
  },
];

/** As kubectl and roles write it: `jobs.batch`, `pods/log`. */
export function resourceName(needed: Pick<NeededAccess, 'group' | 'resource' | 'subresource'>): string {
  const name = ruleName(needed);
  return needed.group === '' ? name : `${name}.${needed.group}`;
}

/** As the rule of a role names it. */
export const ruleName = ({
  resource,
  subresource,
}: Pick<NeededAccess, 'resource' | 'subresource'>): string =>
  subresource === undefined ? resource : `${resource}/${subresource}`;
