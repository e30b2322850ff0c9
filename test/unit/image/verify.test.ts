import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSignedBy, parsePublicKey, readPublicKeys } from '../../../src/image/public-key.ts';
import { trustOf } from '../../../src/image/trust.ts';
import { type Candidate, verifyCandidate } from '../../../src/image/verify.ts';
import { createAuthority } from '../../support/misbehaving-server/certificates.ts';
import { candidate, ecSigner, edSigner, rsaSigner, type Signer, simple, statement } from './sign.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const keyOf = ({ pem }: Signer) => {
  const parsed = parsePublicKey(pem);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
};
const [trusted, stranger] = [ecSigner(), ecSigner()];
const trust = trustOf([keyOf(edSigner()), keyOf(trusted)]);
const verdict = (c: Candidate) => verifyCandidate(c, digest, trust).kind;

describe('public keys', () => {
  test.each([
    ['P-256', ecSigner(), 'sha256'],
    ['P-384', ecSigner('P-384'), 'sha384'],
    ['P-384 with SHA-256', ecSigner('P-384'), 'sha256'],
    ['P-521', ecSigner('P-521'), 'sha512'],
    ['Ed25519', edSigner(), undefined],
    ['RSA', rsaSigner(), 'sha256'],
  ])('%s', (_, signer, hash) => {
    const bytes = Buffer.from('x');
    const signature = signer.sign(bytes, hash);
    expect(isSignedBy(keyOf(signer), bytes, signature)).toBe(true);
    expect(isSignedBy(keyOf(signer), Buffer.from('y'), signature)).toBe(false);
    expect(isSignedBy(keyOf(stranger), bytes, signature)).toBe(false);
  });

  const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  test.each([
    ['nothing', ''],
    ['no PEM', 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'],
    ['a private key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['a certificate', createAuthority().ca],
    ['two keys', ecSigner().pem + ecSigner().pem],
    ['text around it', `x\n${ecSigner().pem}`],
    ['half of one', ecSigner().pem.replace('MFkw', 'MFk')],
    ['a short RSA key', rsaSigner(1_024).pem],
    ['another curve', ecSigner('secp256k1').pem],
    [
      'another algorithm',
      generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ],
    ['too long a text', `${ecSigner().pem}${' '.repeat(5_000)}.`],
  ])('%s is none', (_, pem) => {
    expect(parsePublicKey(pem)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^must be one public key/),
    });
  });

  test('of a file may have words between them, and all must be good', () => {
    const keys = [ecSigner(), rsaSigner()];
    expect(readPublicKeys(`# ours\n${keys.map((k) => k.pem).join('# theirs\n')}`).map((k) => k.id)).toEqual(
      keys.map((k) => keyOf(k).id),
    );
    expect(() => readPublicKeys('nothing')).toThrow('it has no public key in PEM');
    expect(() => readPublicKeys(ecSigner().pem + rsaSigner(1_024).pem)).toThrow(/^its key 2 must be/);
  });
});

test('whose signatures count is the same for the same keys in any order, and another for any other', () => {
  const [a, b] = [keyOf(ecSigner()), keyOf(ecSigner())];
  expect(trustOf([a, b]).id).toBe(trustOf([b, a]).id);
  expect(new Set([trustOf([a]).id, trustOf([b]).id, trustOf([a, b]).id, trustOf([]).id]).size).toBe(4);
});

describe.each([
  ['bundle', statement],
  ['simple signing', simple],
] as const)('%s', (kind, contentFor) => {
  test.each([
    ['by a key that counts', candidate(kind, contentFor(digest), trusted), 'good'],
    ['by another', candidate(kind, contentFor(digest), stranger), 'not trusted'],
    ['of another image', candidate(kind, contentFor(other), trusted), 'another image'],
    ['of another image by another', candidate(kind, contentFor(other), stranger), 'not trusted'],
    ['of something else', candidate(kind, {}, trusted), 'another statement'],
    ['of a text', candidate(kind, 'no JSON', trusted), 'another statement'],
    ['of nothing', candidate(kind, 'null', trusted), 'another statement'],
    [
      'without a signature',
      { ...candidate(kind, contentFor(digest), trusted), signature: Buffer.alloc(0) },
      'not trusted',
    ],
  ])('%s', (_, one, expected) => {
    expect(verdict(one)).toBe(expected);
  });

  test("any change of what is signed makes it nobody's", () => {
    const good = candidate(kind, contentFor(digest), trusted);
    fc.assert(
      fc.property(fc.nat(good.payload.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const payload = Buffer.from(good.payload);
        payload[at] = payload[at]! ^ by;
        expect(verdict({ ...good, payload })).toBe('not trusted');
      }),
      { numRuns: 50 },
    );
  });
});

test.each([
  [
    'another predicate',
    statement(digest, { predicateType: 'https://spdx.dev/Document' }),
    'another statement',
  ],
  [
    'another type of statement',
    statement(digest, { _type: 'https://in-toto.io/Statement/v0.1' }),
    'another statement',
  ],
  ['no subject', statement(digest, { subject: [] }), 'another image'],
  ['a subject that is none', statement(digest, { subject: [null, 'x', { digest: {} }] }), 'another image'],
  [
    'several subjects',
    statement(digest, { subject: [{ digest: { sha256: 'x' } }, { digest: { sha256: 'a'.repeat(64) } }] }),
    'good',
  ],
])('a statement with %s', (_, content, expected) => {
  expect(verdict(candidate('bundle', content, trusted))).toBe(expected);
});

test.each([
  ['another type', simple(digest, { type: 'atomic container signature' }), 'another statement'],
  ['no digest', simple(digest, { image: {} }), 'another image'],
])('a payload with %s', (_, content, expected) => {
  expect(verdict(candidate('simple signing', content, trusted))).toBe(expected);
});

test('the signature of a bundle is over its type, too: what was signed elsewhere is none here', () => {
  const payload = Buffer.from(JSON.stringify(statement(digest)));
  const bare = { kind: 'bundle', raw: {}, payloadType: 'application/vnd.in-toto+json', payload } as const;
  expect(verdict({ ...bare, signature: trusted.sign(payload) })).toBe('not trusted');
});
