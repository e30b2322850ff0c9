import { createLocalJWKSet, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createIdentify } from '../../../src/identity/identify.ts';
import type { Issuer } from '../../../src/identity/issuers.ts';
import { createJwtVerifier } from '../../../src/identity/jwt-verifier.ts';
import type { PeerCertificate } from '../../../src/identity/peer-certificate.ts';
import type { ReviewedToken } from '../../../src/identity/ports.ts';
import { createServiceAccountVerifier } from '../../../src/identity/service-account.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { anIssuer, issuerUrl } from './tokens.ts';

const now = Date.now;
const seconds = () => Math.floor(now() / 1000);
const corp: Issuer = {
  name: 'corp',
  issuer: issuerUrl,
  audiences: ['glip-executor'],
  keys: { file: 'unused' },
  subjectClaim: 'sub',
  groupsClaim: 'realm.groups',
  tenantsClaim: 'https://glip/tenants',
};
const issuer = await anIssuer();
const other = await anIssuer('k1');
const unknownKey = await anIssuer('k2');
const keys = createLocalJWKSet(issuer.jwks as never);
const jwt = createJwtVerifier(corp, { keys, now });

const account: ReviewedToken = {
  authenticated: true,
  username: 'system:serviceaccount:ci:runner',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:ci'],
  audiences: ['glip-executor'],
};
const accounts = (review: Partial<ReviewedToken> | Error) =>
  createServiceAccountVerifier({
    audiences: ['glip-executor'],
    reviews: {
      review: async () => {
        if (review instanceof Error) throw review;
        return { ...account, ...review };
      },
    },
  });

type Shown = { token?: string; authorization?: string; certificate?: PeerCertificate };
const ask = (shown: Shown, verifiers = [jwt], certificates = true) => {
  const { token, authorization = token === undefined ? undefined : `Bearer ${token}`, certificate } = shown;
  return createIdentify({ certificates, verifiers, now })({
    ...(certificate && { certificate }),
    header: (name) => (name === 'authorization' ? authorization : undefined),
  });
};
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('somebody was let in'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ExecutorError)) throw error;
  return `${error.code} ${error.reason}: ${error.message}`;
}

const certificate = (more: object = {}): PeerCertificate => ({
  verified: true,
  commonName: 'orchestrator',
  organizations: ['platform'],
  notAfter: now() + 60_000,
  ...more,
});

describe('certificates', () => {
  test.each([
    ['the SPIFFE ID goes before the common name', { spiffe: 'spiffe://prod/a' }, 'spiffe://prod/a'],
    ['the common name, with its beginning', {}, 'cn:orchestrator'],
    [
      'a common name that looks like another kind is none',
      { commonName: 'spiffe://prod/a' },
      'cn:spiffe://prod/a',
    ],
  ])('%s', async (_, more, name) => {
    const want = {
      name,
      groups: ['o:platform'],
      tenants: [],
      claims: {},
      by: 'certificate',
      expiresAt: expect.any(Number),
    };
    expect(await ask({ certificate: certificate(more) })).toEqual(want);
  });

  test.each([
    [
      'expired on a connection that lives',
      certificate({ notAfter: now() - 1 }),
      'it has expired; connect with a new one',
    ],
    [
      'not verified',
      { verified: false, why: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
      'no CA that is trusted here has issued it',
    ],
    ['expired before', { verified: false, why: 'CERT_HAS_EXPIRED' }, 'it has expired'],
    [
      'without a name',
      certificate({ commonName: undefined }),
      'it has neither one SPIFFE ID nor one common name',
    ],
    [
      'with a line in its name',
      certificate({ commonName: 'a\nb' }),
      'it has neither one SPIFFE ID nor one common name',
    ],
  ] as const)('%s: refused', async (_, shown, why) => {
    const want = `UNAUTHENTICATED CERTIFICATE_INVALID: the client certificate of this connection is not accepted: ${why}`;
    expect(await refusal(ask({ certificate: shown }))).toBe(want);
    // Whatever is shown must be good.
    expect(await refusal(ask({ certificate: shown, token: await issuer.sign() }))).toBe(want);
  });

  test('count for nothing where they are not configured', async () => {
    expect(await refusal(ask({ certificate: certificate() }, [jwt], false))).toContain('CREDENTIALS_MISSING');
  });
});

describe('tokens of an issuer', () => {
  test('name caller, groups and tenants', async () => {
    const token = await issuer.sign({
      realm: { groups: ['sre', 7, {}] },
      'https://glip/tenants': ['acme'],
      x: 'y',
    });
    expect(await ask({ token })).toEqual({
      name: 'jwt:corp:ann',
      groups: ['jwt:corp:sre', 'jwt:corp:7'],
      tenants: ['acme'],
      claims: expect.objectContaining({ x: 'y' }),
      by: 'jwt',
      expiresAt: expect.any(Number),
    });
  });

  test('go before the certificate of the connection', async () => {
    const shown = { certificate: certificate(), token: await issuer.sign() };
    expect((await ask(shown)).name).toBe('jwt:corp:ann');
  });

  const unsigned = (claims: object) =>
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
  test.each([
    ['expired', () => issuer.sign({ exp: seconds() - 31 }), 'TOKEN_EXPIRED'],
    ['for somebody else', () => issuer.sign({ aud: 'another' }), 'made for somebody else (aud)'],
    ['for nobody', () => issuer.sign({ aud: undefined }), 'made for somebody else (aud)'],
    ['not valid yet', () => issuer.sign({ nbf: seconds() + 60 }), 'not valid yet (nbf)'],
    ['without an end', () => issuer.sign({ exp: undefined }), 'it has no end (exp)'],
    ['without a subject', () => issuer.sign({ sub: undefined }), 'its claim sub names nobody'],
    ['with a line in its subject', () => issuer.sign({ sub: 'a\nb' }), 'its claim sub names nobody'],
    [
      'of another issuer',
      () => issuer.sign({ iss: 'https://evil.example' }),
      'its issuer is not trusted here',
    ],
    ['of no issuer', () => issuer.sign({ iss: undefined }), 'its issuer is not trusted here'],
    ['by another key of the same name', () => other.sign(), 'its signature is wrong'],
    ['by an unknown key', () => unknownKey.sign(), 'its issuer has no such key'],
    [
      'unsigned',
      async () => unsigned({ iss: issuerUrl, aud: 'glip-executor', sub: 'ann', exp: seconds() + 60 }),
      'TOKEN_INVALID',
    ],
    ['cut off', async () => (await issuer.sign()).slice(0, -20), 'TOKEN_INVALID'],
    ['no JWT at all', async () => 'abc', 'its issuer is not trusted here'],
  ])('%s: refused, and nothing of it is told', async (_, make, words) => {
    const token = await make();
    const told = await refusal(ask({ token }));
    expect(told).toMatch(/^UNAUTHENTICATED /);
    expect(told).toContain(words);
    expect(told).not.toContain(token.split('.')[1] ?? token);
    expect(told).not.toMatch(/login\.example|evil/);
  });

  test('a clock that is a little behind does no harm', async () => {
    expect((await ask({ token: await issuer.sign({ exp: seconds() - 20 }) })).name).toBe('jwt:corp:ann');
  });

  test('a shared secret is no signature, whatever the keys say', async () => {
    const secret = Buffer.from('0123456789abcdef0123456789abcdef');
    const verifier = createJwtVerifier(corp, { keys: (async () => secret) as never, now });
    const token = await new SignJWT({ iss: issuerUrl, aud: 'glip-executor', sub: 'ann', exp: seconds() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(secret);
    expect(await refusal(ask({ token }, [verifier]))).toContain('its algorithm is not accepted');
  });

  test('keys that cannot be had are no fault of the caller', async () => {
    const broken = createJwtVerifier(corp, {
      now,
      keys: () => Promise.reject(new TypeError('fetch failed')),
    });
    expect(await refusal(ask({ token: await issuer.sign() }, [broken]))).toMatch(
      /^UNAVAILABLE IDENTITY_UNAVAILABLE/,
    );
  });
});

describe('the authorization header', () => {
  test.each([
    ['Basic YTpi', 'is not "Bearer TOKEN"'],
    ['Bearer', 'is not "Bearer TOKEN"'],
    ['Bearer a b', 'is not "Bearer TOKEN"'],
    ['Bearer a\u0000', 'is not "Bearer TOKEN"'],
    [`Bearer ${'a'.repeat(20_000)}`, 'it is too long'],
  ])('%j is refused', async (authorization, words) => {
    expect(await refusal(ask({ authorization, certificate: certificate() }))).toContain(words);
  });

  test('any case of the word will do', async () => {
    expect((await ask({ authorization: `bearer ${await issuer.sign()}` })).name).toBe('jwt:corp:ann');
  });

  test.each([
    [[jwt], true, 'send a client certificate or an authorization header with a bearer token'],
    [[jwt], false, 'send an authorization header with a bearer token'],
    [[], true, 'send a client certificate'],
  ])('without any, what would do is named', async (verifiers, certificates, words) => {
    expect(await refusal(ask({}, verifiers, certificates))).toBe(
      `UNAUTHENTICATED CREDENTIALS_MISSING: nobody is known by this call: ${words}`,
    );
  });
});

describe('tokens of service accounts', () => {
  test('are what the cluster says', async () => {
    const { username: name, groups } = account;
    expect(await ask({ token: 'a.b.c' }, [accounts({})])).toEqual({
      name,
      groups,
      tenants: [],
      claims: {},
      by: 'serviceaccount',
    });
    const exp = seconds() + 600;
    const token = `a.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.c`;
    expect((await ask({ token }, [accounts({})])).expiresAt).toBe(exp * 1000);
  });

  test('an issuer that is configured goes before the cluster', async () => {
    const both = [jwt, accounts(new Error('must not be asked'))];
    expect((await ask({ token: await issuer.sign() }, both)).name).toBe('jwt:corp:ann');
  });

  test.each([
    ['one that the cluster does not know', { authenticated: false }, 'nor the cluster knows it'],
    [
      'one for the API server',
      { audiences: ['https://kubernetes.default.svc'] },
      'made for somebody else (aud)',
    ],
    ['one of which the cluster does not say for whom', { audiences: [] }, 'made for somebody else (aud)'],
    ["a person's", { username: 'admin' }, "no service account's"],
    ['a name that is none', { username: 'system:serviceaccount:a:b:c' }, "no service account's"],
  ])('%s is refused', async (_, review, words) => {
    expect(await refusal(ask({ token: 'a.b.c' }, [accounts(review)]))).toContain(words);
  });

  test('a cluster that does not answer is no fault of the caller', async () => {
    const told = await refusal(ask({ token: 'a.b.c' }, [accounts(new Error('secret words'))]));
    expect(told).toMatch(/^UNAVAILABLE IDENTITY_UNAVAILABLE/);
    expect(told).not.toContain('secret words');
  });

  test('no more reviews at once than there may be', async () => {
    const waiting = Promise.withResolvers<ReviewedToken>();
    const verifier = createServiceAccountVerifier({
      audiences: ['glip-executor'],
      reviews: { review: () => waiting.promise },
      maxReviews: 2,
    });
    const identify = createIdentify({ certificates: false, verifiers: [verifier], now });
    const call = (token: string) => identify({ header: () => `Bearer ${token}` });
    const first = [call('a'), call('b')];
    expect(await refusal(call('c'))).toContain('IDENTITY_UNAVAILABLE');
    waiting.resolve(account);
    expect((await Promise.all(first)).map(({ name }) => name)).toEqual([account.username, account.username]);
    expect((await call('c')).name).toBe(account.username);
  });
});
