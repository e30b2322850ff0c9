import { type HostSupport, isHost } from '../policy/egress.ts';
import { differences } from './differences.ts';
import type { LiveObject } from './live-object.ts';
import { type TenantKind, type TenantObject, tenantAnnotation, tenantObjects } from './objects.ts';
import { readSpec } from './spec-text.ts';
import type { Tenant } from './tenant.ts';
import type { TenantView } from './view.ts';

/** What a replica remembers of a tenant beside what the cluster shows. */
export interface Memory {
  /** All was as described once, for this description. */
  readonly settled: boolean;
  /** Why something could not be mended. */
  readonly problems: readonly string[];
}

/** Without these a pod could do what it may not; a quota or a default is only an amount. */
const isolating: readonly TenantKind[] = [
  'Namespace',
  'NetworkPolicy',
  'CiliumNetworkPolicy',
  'ServiceAccount',
];

/** The tenant of a namespace, from what is known of it and its objects. */
export function assess(
  {
    namespace,
    tenant,
    prefix,
    hosts,
  }: {
    readonly namespace: LiveObject;
    readonly tenant: string;
    readonly prefix: string;
    readonly hosts: HostSupport;
  },
  view: Pick<TenantView, 'find'>,
  { settled, problems }: Memory,
): Tenant {
  const text = namespace.annotations[tenantAnnotation.spec];
  const read = readSpec(text);
  const used = view.find('ResourceQuota', namespace.name, 'glip-quota')?.used ?? {};
  const base = {
    tenant,
    namespace: namespace.name,
    uid: namespace.uid,
    createTime: namespace.createTime,
    spec: read.ok ? read.value : undefined,
    used,
  };
  if (namespace.deleteTime !== undefined)
    return { ...base, state: 'DELETING', problems: namespace.remains, open: true };
  if (!read.ok) {
    const problem = `Namespace ${namespace.name}: what describes the tenant cannot be read: ${read.message}; describe it again (EnsureTenant)`;
    return {
      ...base,
      state: settled ? 'DEGRADED' : 'PROVISIONING',
      problems: [problem, ...problems],
      open: true,
    };
  }
  const wrong = tenantObjects(prefix, tenant, read.value, text ?? '', hosts).flatMap((wanted) => {
    const why = wrongWith(wanted, namespace, view);
    return why === undefined ? [] : [{ kind: wanted.kind, why }];
  });
  // They are closed then, and everything else is as it is to be.
  const unheld = hosts === 'no' && read.value.egress.some(isHost) ? [noHosts] : [];
  const state =
    problems.length + unheld.length > 0
      ? 'DEGRADED'
      : wrong.length === 0
        ? 'READY'
        : settled
          ? 'DEGRADED'
          : 'PROVISIONING';
  return {
    ...base,
    state,
    problems: [...(problems.length > 0 ? problems : wrong.map(({ why }) => why)), ...unheld],
    open: wrong.some(({ kind }) => isolating.includes(kind)),
  };
}

const noHosts =
  'egress to hosts: this cluster has no CiliumNetworkPolicy, or the executor no right to it; no host is reached';

function wrongWith(
  wanted: TenantObject,
  namespace: LiveObject,
  view: Pick<TenantView, 'find'>,
): string | undefined {
  const { kind, metadata } = wanted;
  const live = kind === 'Namespace' ? namespace : view.find(kind, namespace.name, metadata.name);
  if (live === undefined || live.deleteTime !== undefined) return `${kind} ${metadata.name}: is missing`;
  const paths = differences(wanted, live);
  return paths.length === 0
    ? undefined
    : `${kind} ${metadata.name}: is not as described: ${paths.join(', ')}`;
}
