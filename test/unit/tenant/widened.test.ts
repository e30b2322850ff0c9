import { expect, test } from 'vitest';
import type { Tenant } from '../../../src/tenant/tenant.ts';
import { widened } from '../../../src/tenant/widened.ts';

const tenant = { tenant: 'acme', state: 'READY', problems: ['one'], open: false } as unknown as Tenant;

test('policies of others are problems of a tenant, whose state stays', () => {
  expect(widened(tenant, [])).toBe(tenant);
  const told = widened(tenant, ['theirs']);
  expect(told).toMatchObject({ state: 'READY', open: false });
  expect(told.problems).toEqual([
    'one',
    expect.stringMatching(/^NetworkPolicy theirs: is not the executor's, /),
  ]);
});

test('so many are named, and the rest counted', () => {
  const { problems } = widened(
    tenant,
    Array.from({ length: 25 }, (_, i) => `p${i}`),
  );
  expect(problems).toHaveLength(12);
  expect(problems.at(-1)).toBe('and 15 more NetworkPolicies of others');
});

test('of one that goes nothing is said', () => {
  const going: Tenant = { ...tenant, state: 'DELETING' };
  expect(widened(going, ['theirs'])).toBe(going);
});
