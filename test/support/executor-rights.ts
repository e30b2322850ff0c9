import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { home, rightsObjects } from '../../src/cli/check/role.ts';
import type { ClusterAccess } from '../../src/kube/kubeconfig.ts';
import type { ControlPlane } from './control-plane/start.ts';
import { must } from './tenants.ts';

const user = `system:serviceaccount:${home.namespace}:${home.serviceAccount}`;

const places: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: `/api/v1/namespaces/${home.namespace}/serviceaccounts`,
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};

/** Access to a control plane as deploy/rbac.yaml gives it, and with no other right. */
export async function accessWithOurRights(
  controlPlane: Pick<ControlPlane, 'request' | 'kubeconfigFor'>,
): Promise<ClusterAccess> {
  for (const object of rightsObjects) await must(controlPlane, 'POST', places[object.kind] ?? '', object);
  return { kind: 'kubeconfig', file: await controlPlane.kubeconfigFor(home) };
}

/** Access as a service account of that name beside it, which has these rules and no other right. */
export async function accessWithRules(
  controlPlane: Pick<ControlPlane, 'request' | 'kubeconfigFor'>,
  name: string,
  rules: readonly object[],
): Promise<ClusterAccess> {
  const [, account, role, binding] = rightsObjects;
  const subjects = binding.subjects.map((subject) => ({ ...subject, name }));
  for (const object of [
    { ...account, metadata: { ...account.metadata, name } },
    { ...role, metadata: { name }, rules },
    { ...binding, metadata: { name }, roleRef: { ...binding.roleRef, name }, subjects },
  ])
    await must(controlPlane, 'POST', places[object.kind] ?? '', object);
  const identity = { namespace: home.namespace, serviceAccount: name };
  return { kind: 'kubeconfig', file: await controlPlane.kubeconfigFor(identity) };
}

/** What an API server writes down of the executor's calls. */
export interface Audit {
  /** For the API server's command line. */
  readonly flags: readonly string[];
  /** Each `verb resource` once, as rights name them, with the statuses that were answered. */
  readonly calls: () => ReadonlyMap<string, ReadonlySet<number>>;
  readonly remove: () => void;
}

interface AuditEvent {
  readonly verb: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code: number };
}

export function createAudit(): Audit {
  const directory = mkdtempSync(join(tmpdir(), 'glip-audit-'));
  const [policy, log] = [join(directory, 'policy.json'), join(directory, 'audit.log')];
  const rules = [{ level: 'Metadata', users: [user], omitStages: ['RequestReceived'] }, { level: 'None' }];
  writeFileSync(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }));
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`],
    calls() {
      const calls = new Map<string, Set<number>>();
      const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
      for (const line of lines) {
        const { verb, objectRef, responseStatus } = JSON.parse(line) as AuditEvent;
        if (objectRef === undefined) continue;
        const { apiGroup, resource, subresource } = objectRef;
        const name = rightName(
          { group: apiGroup ?? '', resource, ...(subresource && { subresource }) },
          verb,
        );
        calls.set(name, (calls.get(name) ?? new Set()).add(responseStatus?.code ?? 0));
      }
      return calls;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** `get pods/log`, `create jobs.batch`. */
export const rightName = (
  {
    group,
    resource,
    subresource,
  }: { readonly group: string; readonly resource: string; readonly subresource?: string },
  verb: string,
): string =>
  `${verb} ${resource}${group && `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
