import { expect, test } from 'vitest';
import { parseIssuers } from '../../../src/identity/issuers.ts';

const corp = {
  name: 'corp',
  issuer: 'https://login.example',
  audiences: ['glip'],
  jwksUrl: 'https://login.example/keys',
};
const problems = (config: unknown) => {
  const parsed = parseIssuers(config, 'identity.jwt');
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path} ${message}`);
};

test('a list of issuers, and none', () => {
  expect(parseIssuers(undefined, 'x')).toEqual({ ok: true, value: [] });
  expect(
    parseIssuers([{ ...corp, groupsClaim: 'groups', tenantsClaim: 't', subjectClaim: 'email' }], 'x'),
  ).toEqual({
    ok: true,
    value: [
      {
        name: 'corp',
        issuer: 'https://login.example',
        audiences: ['glip'],
        keys: { url: 'https://login.example/keys' },
        subjectClaim: 'email',
        groupsClaim: 'groups',
        tenantsClaim: 't',
      },
    ],
  });
  const { jwksUrl, ...file } = corp;
  expect(problems([{ ...file, jwksFile: '/etc/keys' }])).toEqual([]);
});

test('everything that is wrong is listed, with its path', () => {
  expect(
    problems([
      { ...corp, audiences: [], jwksUrl: 'http://login.example/keys', groupClaim: 'x' },
      { name: 'Corp', audiences: [''], jwksFile: 'x', jwksUrl: 'https://x' },
      { ...corp, issuer: 'https://other' },
    ]),
  ).toEqual([
    expect.stringMatching(/^identity\.jwt\[0\]\.groupClaim is unknown/),
    'identity.jwt[0].audiences must be a list of at least one',
    expect.stringMatching(/^identity\.jwt\[0\]\.jwksUrl must be an https/),
    'identity.jwt[1].audiences[0] must be a text that is not empty',
    'identity.jwt[1].audiences must be a list of at least one',
    expect.stringMatching(/^identity\.jwt\[1\]\.name must be/),
    'identity.jwt[1].issuer is missing',
    'identity.jwt[1].jwksUrl or jwksFile is needed, and not both',
    "identity.jwt[2].name is another issuer's too",
  ]);
  expect(problems('x')).toEqual(['identity.jwt must be a list, not a string']);
});

test.each([
  ['https://a/b', true],
  ['http://127.0.0.1:8080/b', true],
  ['http://localhost/b', true],
  ['http://a/b', false],
  ['https://u:p@a/b', false],
  ['file:///etc/passwd', false],
  ['nonsense', false],
])('keys by %s: %s', (jwksUrl, want) => {
  expect(problems([{ ...corp, jwksUrl }]).length === 0).toBe(want);
});
