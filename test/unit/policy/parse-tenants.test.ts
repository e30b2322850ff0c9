import { expect, test } from 'vitest';
import { parseTenants } from '../../../src/policy/parse-tenants.ts';

test('defaults of tenants', () => {
  const said = { acme: { startGuarantee: 'at-most-once' }, other: {} };
  const parsed = parseTenants(said);
  expect(parsed.ok && [...parsed.value]).toEqual([['acme', { startGuarantee: 'at-most-once' }]]);
  expect(parseTenants(undefined)).toEqual({ ok: true, value: new Map() });
});

test('everything that is wrong with them', () => {
  const said = { Acme: {}, b: { startGuarantee: 'twice' }, c: { queue: '1s' }, d: 3 };
  const parsed = parseTenants(said, 'tenantDefaults');
  const problems = parsed.ok ? [] : parsed.problems;
  expect(problems.map(({ path, message }) => [path, message.split(/[;,]/)[0]])).toEqual([
    ['tenantDefaults.Acme', "is no tenant's id"],
    ['tenantDefaults.b.startGuarantee', 'must be one of at-least-once'],
    ['tenantDefaults.c.queue', 'is unknown'],
    ['tenantDefaults.d', 'must be an object'],
  ]);
  expect(parseTenants([]).ok).toBe(false);
});
