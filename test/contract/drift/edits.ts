import { serviceAccountOf } from '../../../src/job/names.ts';
import { canonicalJson } from '../../../src/lib/canonical-json.ts';

/** A change that somebody makes to an object of a tenant, as a merge patch; without a patch a deletion. */
export interface Edit {
  readonly what: string;
  readonly kind: string;
  /** Below the namespace; empty for the namespace itself. */
  readonly rest: string;
  readonly patch?: object;
}

const policies = ['glip-deny-all', 'glip-allow-dns', 'glip-allow-egress'];
const unlabelled = { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } };
const open = { spec: { egress: [{}], ingress: [{}] } };

/** Every object of a tenant deleted, but for the namespace, whose end is the tenant's; and every field that matters changed. */
export function editsOf(tenant: string): readonly Edit[] {
  const objects: readonly (readonly [kind: string, group: string, plural: string, name: string])[] = [
    ...policies.map((name) => ['NetworkPolicy', 'networking.k8s.io', 'networkpolicies', name] as const),
    ['ResourceQuota', '', 'resourcequotas', 'glip-quota'],
    ['LimitRange', '', 'limitranges', 'glip-defaults'],
    ['ServiceAccount', '', 'serviceaccounts', serviceAccountOf(tenant)],
  ];
  const changes: Readonly<Record<string, readonly (readonly [what: string, patch: object])[]>> = {
    NetworkPolicy: [
      ['is opened', open],
      ['selects other pods', { spec: { podSelector: { matchLabels: { nobody: 'here' } } } }],
    ],
    ResourceQuota: [['is raised', { spec: { hard: { pods: '1000' } } }]],
    LimitRange: [['is emptied', { spec: { limits: [] } }]],
    ServiceAccount: [
      ['mounts its token', { automountServiceAccountToken: true }],
      ['pulls as another', { imagePullSecrets: [{ name: 'stolen' }] }],
    ],
  };
  const annotation = (name: string, value: string | null) => ({
    metadata: { annotations: { [`glip.greenlang.io/${name}`]: value } },
  });
  const ofNamespace: readonly (readonly [what: string, patch: object])[] = [
    ['is made privileged', { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } } }],
    ['loses a label', { metadata: { labels: { 'pod-security.kubernetes.io/warn': null } } }],
    ['loses our label', unlabelled],
    ['loses its description', annotation('tenant-spec', null)],
    ['has a description that nobody can read', annotation('tenant-spec', '{')],
    ['loses its tenant', annotation('tenant', null)],
  ];
  return [
    ...ofNamespace.map(([what, patch]) => ({
      what: `the namespace ${what}`,
      kind: 'Namespace',
      rest: '',
      patch,
    })),
    ...objects.flatMap(([kind, group, plural, name]): readonly Edit[] => {
      const rest = `${group === '' ? '/api/v1' : `/apis/${group}/v1`}//${plural}/${name}`;
      const edits = [...(changes[kind] ?? []), ['loses our label', unlabelled] as const];
      return [
        { what: `${name} is deleted`, kind, rest },
        ...edits.map(([what, patch]) => ({ what: `${name} ${what}`, kind, rest, patch })),
      ];
    }),
  ];
}

/** Where the object of an edit is. */
export const pathOf = ({ rest }: Edit, namespace: string): string =>
  rest === '' ? `/api/v1/namespaces/${namespace}` : rest.replace('//', `/namespaces/${namespace}/`);

// biome-ignore lint/suspicious/noExplicitAny: whatever object the API server has.
type Loose = any;

/** What the tenant's objects are compared by. */
export const essence = ({
  metadata,
  spec: wanted,
  automountServiceAccountToken,
  imagePullSecrets,
}: Loose): string =>
  canonicalJson({
    labels: metadata.labels,
    annotations: metadata.annotations,
    wanted: wanted ?? null,
    mounts: automountServiceAccountToken ?? null,
    pulls: imagePullSecrets ?? null,
  });
