import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { claimTexts } from '../../../src/identity/claims.ts';
import { decide, rulesFor } from '../../../src/policy/decide.ts';
import { parseAccess } from '../../../src/policy/parse-access.ts';
import { matchesPattern } from '../../../src/policy/pattern.ts';
import { createRate } from '../../../src/policy/rate.ts';

const names = {
  rpcs: {
    names: ['GetStep', 'SubmitStep', '/metrics'],
    sets: { read: ['GetStep'], submit: ['SubmitStep'], admin: ['GetStep', 'SubmitStep', '/metrics'] },
  },
  pools: ['small', 'large'],
};
const rule = (more: object = {}) => ({ name: 'r', who: [{ identity: '*' }], may: ['read'], ...more });
function policyOf(...rules: object[]) {
  const parsed = parseAccess({ rules }, names);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}
const problems = (document: unknown) => {
  const parsed = parseAccess(document, names);
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path} ${message}`);
};

describe('patterns', () => {
  test.each([
    ['a', 'a', true],
    ['a', 'A', false],
    ['a', 'ab', false],
    ['*', '', true],
    ['*', 'anything/at all', true],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*b*', 'abc', true],
    ['**', 'x', true],
    ['a.c', 'abc', false],
    ['spiffe://prod/*', 'spiffe://prod.evil/a', false],
  ])('%j is as %j: %s', (text, pattern, want) => {
    expect(matchesPattern(text, pattern)).toBe(want);
  });

  test('are as the regular expression that they look like', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    const texts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        expect(matchesPattern(pattern, text)).toBe(
          new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text),
        );
      }),
    );
  });
});

describe('a policy', () => {
  test('is refused with everything that is wrong', () => {
    expect(
      problems({
        rules: [
          rule({ tenants: ['Acme', 'a*', '$own'], may: ['reed', 'GetStep'], limit: {} }),
          {
            name: 'r',
            who: [{}, { claims: { team: [] } }],
            may: [],
            limits: { stepsInFlight: -1, submitsPerSecond: 0, largestPool: 'x' },
          },
          { who: [], may: ['read'], limits: { stepsInFlight: 1.5 } },
        ],
        version: 1,
      }),
    ).toEqual([
      'version is unknown; known are rules',
      'rules[0].limit is unknown; known are name, who, may, tenants, limits',
      expect.stringMatching(/^rules\[0\]\.tenants\[0\] must be a tenant's id/),
      expect.stringMatching(/^rules\[0\]\.may\[0\] must be one of read, submit, admin, or of GetStep/),
      expect.stringMatching(/^rules\[1\]\.who\[0\] needs identity, group or claims/),
      'rules[1].who[1].claims.team must be a list of at least one',
      'rules[1].may must be a list of at least one',
      'rules[1].limits.stepsInFlight must not be negative',
      'rules[1].limits.stepsInFlight must be from 0 to 1000000',
      'rules[1].limits.submitsPerSecond must be from 1 to 1000000',
      'rules[1].limits.largestPool must be one of the pools: small, large',
      'rules[2].name is missing: it is what "by which rule" is answered with',
      'rules[2].who must be a list of at least one of identity, group and claims',
      'rules[2].limits.stepsInFlight must be a whole number',
      'rules[1].name is the name of another rule, too',
    ]);
  });

  test.each([
    [undefined, ['rules is missing; write [] to let nobody do anything']],
    [{}, ['rules is missing; write [] to let nobody do anything']],
    [{ rules: [] }, []],
    [{ rules: {} }, ['rules must be a list, not an object']],
    ['x', expect.arrayContaining([' must be an object, not a string'])],
  ])('%j', (document, want) => {
    expect(problems(document)).toEqual(want);
  });
});

describe('a decision', () => {
  const ask = (
    rules: readonly object[],
    {
      rpc = 'GetStep',
      tenant = 'acme' as string | null,
      ...subject
    }: object & { rpc?: string; tenant?: string | null },
  ) => {
    const who = { name: 'cn:a', groups: [], tenants: [], claims: {}, ...subject };
    const decision = decide(rulesFor(policyOf(...rules), who, claimTexts), who, rpc, tenant ?? undefined);
    return decision.allowed ? decision.rule.name : decision.knowsTenant ? 'no' : 'hidden';
  };
  const all = { tenants: ['*'] };
  test.each([
    ['nothing is allowed that no rule says', [], {}, 'hidden'],
    ['a rule without tenants is about none', [rule()], {}, 'hidden'],
    ['but lets do what touches none', [rule()], { tenant: null }, 'r'],
    ['an RPC that is in the set', [rule(all)], {}, 'r'],
    ['one that is not, for a tenant that the caller knows', [rule(all)], { rpc: 'SubmitStep' }, 'no'],
    ['a tenant that matches', [rule({ tenants: ['ac*'] })], {}, 'r'],
    ['one that does not', [rule({ tenants: ['ac*'] })], { tenant: 'beta' }, 'hidden'],
    ['the own tenants of a token', [rule({ tenants: ['$own'] })], { tenants: ['acme'] }, 'r'],
    ['and no other', [rule({ tenants: ['$own'] })], { tenants: ['beta'] }, 'hidden'],
    ['an own tenant is no pattern', [rule({ tenants: ['$own'] })], { tenants: ['*'] }, 'hidden'],
    [
      'the first rule that fits holds',
      [rule({ ...all, may: ['submit'] }), rule({ ...all, name: 's' }), rule({ ...all, name: 't' })],
      {},
      's',
    ],
    ['an identity', [rule({ ...all, who: [{ identity: 'cn:*' }] })], {}, 'r'],
    ['another', [rule({ ...all, who: [{ identity: 'spiffe://*' }] })], {}, 'hidden'],
    ['a group', [rule({ ...all, who: [{ group: 'o:x' }] })], { groups: ['o:y', 'o:x'] }, 'r'],
    ['another group', [rule({ ...all, who: [{ group: 'o:x' }] })], { groups: ['o:y'] }, 'hidden'],
    ['any of the list', [rule({ ...all, who: [{ group: 'o:x' }, { identity: 'cn:a' }] })], {}, 'r'],
    ['all of an entry', [rule({ ...all, who: [{ group: 'o:x', identity: 'cn:a' }] })], {}, 'hidden'],
    [
      'a claim',
      [rule({ ...all, who: [{ claims: { 'a.b': ['x', 'y*'] } }] })],
      { claims: { a: { b: ['z', 'yy'] } } },
      'r',
    ],
    [
      'a claim that is another',
      [rule({ ...all, who: [{ claims: { a: ['x'] } }] })],
      { claims: { a: 'y' } },
      'hidden',
    ],
    ['a claim that is not there', [rule({ ...all, who: [{ claims: { a: ['*'] } }] })], {}, 'hidden'],
    ['a claim that Object has', [rule({ ...all, who: [{ claims: { constructor: ['*'] } }] })], {}, 'hidden'],
    [
      'a flag as a claim',
      [rule({ ...all, who: [{ claims: { a: ['true'] } }] })],
      { claims: { a: true } },
      'r',
    ],
    ['a page', [rule({ may: ['/metrics'] })], { rpc: '/metrics', tenant: null }, 'r'],
    ['everything', [rule({ ...all, may: ['admin'] })], { rpc: 'SubmitStep' }, 'r'],
  ] as const)('%s', (_, rules, subject, want) => {
    expect(ask(rules, subject)).toBe(want);
  });
});

describe('a rate', () => {
  test("lets a second's worth through at once, then as much as time brings", () => {
    let time = 0;
    const rate = createRate(() => time);
    const take = (key = 'a') => rate.take(key, 2);
    expect([take(), take(), take(), take('b')]).toEqual([0, 0, 500, 0]);
    time += 499;
    expect(take()).toBeGreaterThan(0);
    time += 1;
    expect([take(), take()]).toEqual([0, 500]);
    time += 3_600_000;
    expect([take(), take(), take()]).toEqual([0, 0, 500]);
  });

  test('remembers so many keys and no more', () => {
    const rate = createRate(() => 0);
    for (let i = 0; i <= 10_000; i++) expect(rate.take(`k${i}`, 1)).toBe(0);
    expect([rate.take('k10000', 1), rate.take('k0', 1)]).toEqual([1_000, 0]);
  });
});
