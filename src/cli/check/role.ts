import { Document, isMap, isSeq } from 'yaml';
import { neededAccess, ruleName } from './permissions.ts';

/** Where the executor lives, and as whom. */
export const home = { namespace: 'glip-system', serviceAccount: 'glip-executor' } as const;

const name = 'glip-executor';
const group = 'rbac.authorization.k8s.io';

/** What the executor may do, and no more: one rule for each of `neededAccess`. */
export const clusterRole = {
  apiVersion: `${group}/v1`,
  kind: 'ClusterRole',
  metadata: { name },
  rules: neededAccess.map((needed) => ({
    apiGroups: [needed.group],
    resources: [ruleName(needed)],
    verbs: needed.verbs,
  })),
};

const serviceAccount = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: home.serviceAccount, namespace: home.namespace },
};

const binding = {
  apiVersion: `${group}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup: group, kind: 'ClusterRole', name },
  subjects: [{ kind: 'ServiceAccount', name: home.serviceAccount, namespace: home.namespace }],
};

const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home.namespace } };

/** The objects that give an executor its rights, in the order in which they are to be made. */
export const rightsObjects = [namespace, serviceAccount, clusterRole, binding] as const;

const head =
  ' Made by "npm run fix:docs" from src/cli/check/permissions.ts, which says what each right is for.\n' +
  ' A test runs all that the executor does under exactly these rights, and fails for one that nothing needs.';

/** The text of deploy/rbac.yaml: `kubectl apply -f` takes it. */
export function rightsYaml(): string {
  return rightsObjects
    .map((object, i) => {
      const document = new Document(object);
      if (i === 0) document.commentBefore = head;
      if (object === clusterRole) explainRules(document);
      return document.toString({ lineWidth: 0, flowCollectionPadding: false });
    })
    .join('---\n');
}

/** Behind each rule what it is for, and each on few lines. */
function explainRules(document: Document): void {
  for (const [i, { purpose, optional, setting }] of neededAccess.entries()) {
    const rule = document.getIn(['rules', i]);
    if (!isMap(rule)) continue;
    const without = optional ? '; the executor does without it' : '';
    const only = setting === undefined ? '' : ` Only where ${setting} is on.`;
    rule.commentBefore = ` Needed ${purpose}${without}.${only}`;
    for (const { value } of rule.items) if (isSeq(value)) value.flow = true;
  }
}
