import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { neededAccess } from '../../../src/cli/check/permissions.ts';
import { clusterRole, rightsObjects, rightsYaml } from '../../../src/cli/check/role.ts';

const file = readFileSync(new URL('../../../deploy/rbac.yaml', import.meta.url), 'utf8');

test('deploy/rbac.yaml is as the needed rights are; fix: npm run fix:docs', () => {
  expect(file).toBe(rightsYaml());
  expect(parseAllDocuments(file).map((one) => one.toJS())).toEqual(rightsObjects);
});

test('no rule reaches further than it says: no wildcard, no secrets, no exec, no escalate, bind or impersonate', () => {
  expect(clusterRole.rules).toHaveLength(neededAccess.length);
  for (const { apiGroups, resources, verbs } of clusterRole.rules) {
    expect([...apiGroups, ...resources, ...verbs].join(' ')).not.toContain('*');
    // Neither what is secret, nor the way into pods or to other rights.
    for (const resource of resources)
      expect(resource).not.toMatch(
        /^secrets|^pods\/(exec|attach|portforward|proxy|ephemeralcontainers)|^nodes\/|^services\/|^serviceaccounts\/|^(users|groups|uids)$/,
      );
    for (const verb of verbs)
      expect(['create', 'get', 'list', 'watch', 'patch', 'delete'], `${verb} ${resources}`).toContain(verb);
    expect(apiGroups).not.toContain('rbac.authorization.k8s.io');
  }
  const rights = neededAccess.flatMap(({ group, resource, subresource = '', verbs }) =>
    verbs.map((verb) => `${verb} ${group} ${resource}/${subresource}`),
  );
  expect(new Set(rights).size).toBe(rights.length);
});
