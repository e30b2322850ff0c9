import { managedBy, prefix } from '../job/metadata.ts';
import { labelValue, namespaceOf, serviceAccountOf, shortHash } from '../job/names.ts';
import { parseQuantity, printQuantity } from '../lib/quantity.ts';
import type { HostSupport } from '../policy/egress.ts';
import { hostPolicySpecs } from './host-policy.ts';
import { networkPolicies } from './network-policies.ts';
import type { TenantSpec } from './spec.ts';

/** What stands on a tenant's namespace. */
export const tenantAnnotation = {
  /** The tenant's exact id: the name of its namespace may be only a readable form of it. */
  tenant: `${prefix}tenant`,
  /** JSON of TenantSpec. Kubernetes is the store, so that all replicas agree. */
  spec: `${prefix}tenant-spec`,
  /** On the other objects: a hash of the description that they were made from. Tells what somebody has changed from what is not yet renewed. */
  madeFrom: `${prefix}tenant-spec-hash`,
  /** Where its images may come from, with one space between; absent where the description says nothing. Admission policies read it (deploy/). */
  imageSources: `${prefix}image-sources`,
} as const;

/** The kinds that a tenant is made of, in the order in which they are laid down: what isolates stands before what lets agents run. */
export const tenantKinds = [
  'Namespace',
  'NetworkPolicy',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
] as const;
/** CiliumNetworkPolicy: where the cluster has it. */
export type TenantKind = (typeof tenantKinds)[number] | 'CiliumNetworkPolicy';

/** One object as it is to be. */
export interface TenantObject {
  readonly apiVersion: string;
  readonly kind: TenantKind;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec?: object;
  readonly specs?: readonly object[];
  readonly automountServiceAccountToken?: boolean;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
}

/** Pod Security "restricted" in full; `latest` so that a cluster's upgrade tightens it by itself. */
const podSecurity: Readonly<Record<string, string>> = Object.fromEntries(
  ['enforce', 'audit', 'warn'].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, 'restricted'],
    [`pod-security.kubernetes.io/${mode}-version`, 'latest'],
  ]),
);

/** The namespace as it is created: what identifies and restricts it, and never changes. */
export function bareNamespace(prefixOfNames: string, tenant: string): TenantObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: namespaceOf(prefixOfNames, tenant),
      labels: { ...ownLabels(tenant), ...podSecurity },
      annotations: ownAnnotations(tenant),
    },
  };
}

/** Everything that a tenant is made of. `specText` is what its namespace says of it, word for word. */
export function tenantObjects(
  prefixOfNames: string,
  tenant: string,
  spec: TenantSpec,
  specText: string,
  hosts: HostSupport,
): readonly TenantObject[] {
  const bare = bareNamespace(prefixOfNames, tenant);
  const within = (name: string) => ({
    name,
    namespace: bare.metadata.name,
    labels: ownLabels(tenant),
    annotations: { ...ownAnnotations(tenant), [tenantAnnotation.madeFrom]: shortHash(specText) },
  });
  return [
    {
      ...bare,
      metadata: {
        ...bare.metadata,
        labels: { ...spec.labels, ...bare.metadata.labels },
        annotations: {
          ...bare.metadata.annotations,
          [tenantAnnotation.spec]: specText,
          ...(spec.imageSources.length > 0 && {
            [tenantAnnotation.imageSources]: spec.imageSources.join(' '),
          }),
        },
      },
    },
    ...networkPolicies(spec.egress).map(
      ([name, policy]): TenantObject => ({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: within(name),
        spec: policy,
      }),
    ),
    ...(hosts === 'yes' ? [hostPolicy(within('glip-hosts'), spec)] : []),
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: within('glip-quota'),
      spec: { hard: hard(spec.quota) },
    },
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: within('glip-defaults'),
      spec: { limits: [containerDefaults] },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: within(serviceAccountOf(tenant)),
      automountServiceAccountToken: false,
      imagePullSecrets: spec.imagePullSecrets.map((name) => ({ name })),
    },
  ];
}

const hostPolicy = (metadata: TenantObject['metadata'], { egress }: TenantSpec): TenantObject => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata,
  specs: hostPolicySpecs(egress),
});

/** For containers that say nothing, which are none of ours: a quota on cpu or memory would refuse their pods. */
const containerDefaults = {
  type: 'Container',
  default: { cpu: '1', memory: '1Gi' },
  defaultRequest: { cpu: '100m', memory: '128Mi' },
};

const ownLabels = (tenant: string): Record<string, string> => ({
  [managedBy.label]: managedBy.value,
  [tenantAnnotation.tenant]: labelValue(tenant),
});

const ownAnnotations = (tenant: string): Record<string, string> => ({ [tenantAnnotation.tenant]: tenant });

/** As the API server prints them, so that nothing seems to differ. */
const hard = (quota: TenantSpec['quota']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(quota).map(([name, text]) => {
      const amount = parseQuantity(text);
      return [name, amount.ok ? printQuantity(amount.value) : text];
    }),
  );
