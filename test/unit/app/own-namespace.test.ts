import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ownNamespace } from '../../../src/app/own-namespace.ts';

const directory = mkdtempSync(join(tmpdir(), 'glip-own-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.each([
  ['as it is mounted', 'glip-ops', 'glip-ops'],
  ['with a line break', 'glip-ops\n', 'glip-ops'],
  ['empty', '', 'glip-system'],
])('the namespace of the executor: %s', (_, text, namespace) => {
  const path = join(directory, 'namespace');
  writeFileSync(path, text);
  expect(ownNamespace(path)).toBe(namespace);
});

test('outside of a pod it is the one of deploy/rbac.yaml', () => {
  expect(ownNamespace(join(directory, 'none'))).toBe('glip-system');
});
