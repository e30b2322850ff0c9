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

test('no rule reaches further than it says', () => {
  expect(clusterRole.rules).toHaveLength(neededAccess.length);
  for (const { apiGroups, resources, verbs } of clusterRole.rules) {
    expect([...apiGroups, ...resources, ...verbs].join(' ')).not.toContain('*');
    expect(resources.join(' ')).not.toMatch(
      /^secrets|exec|portforward|attach|impersonate|serviceaccounts\/token/,
    );
  }
  const rights = neededAccess.flatMap(({ group, resource, subresource = '', verbs }) =>
    verbs.map((verb) => `${verb} ${group} ${resource}/${subresource}`),
  );
  expect(new Set(rights).size).toBe(rights.length);
});
