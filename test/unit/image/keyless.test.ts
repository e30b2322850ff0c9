import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseIdentities } from '../../../src/image/identities.ts';
import { createKeyless } from '../../../src/image/keyless.ts';
import { parsePublicKey } from '../../../src/image/public-key.ts';
import { trustOf } from '../../../src/image/trust.ts';
import { type Candidate, verifyCandidate } from '../../../src/image/verify.ts';
import { ecSigner } from './sign.ts';

// By the real cosign 3.1.3 for ann@corp.example, against the authorities of test/cluster/cosign/sigstore: all of it is judged by the time that one
// of them has signed, so it stays good.
const read = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8');
const rootText = read('trusted-root.json');
const bundle = JSON.parse(read('bundle.json'));
const digest = 'sha256:98d3369da21133c0aced47dbd37be0323ddcc1139cf4dc184ca808d9206317ca';
const ann = { issuer: 'https://issuer.example', subject: 'ann@corp.example' };

const candidateOf = (raw: typeof bundle): Candidate => ({
  kind: 'bundle',
  raw,
  payloadType: raw.dsseEnvelope.payloadType,
  payload: Buffer.from(raw.dsseEnvelope.payload, 'base64'),
  signature: Buffer.from(raw.dsseEnvelope.signatures[0].sig, 'base64'),
});
const verdict = (identities: readonly (typeof ann)[], raw = bundle, root = rootText, of = digest) =>
  verifyCandidate(candidateOf(raw), of, trustOf([], createKeyless(identities, root)));
const flipped = (base64: string, at: number) => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[at] = bytes[at]! ^ 1;
  return bytes.toString('base64');
};

test('is good by the identity that is in the certificate', () => {
  expect(verdict([ann])).toEqual({ kind: 'good', by: 'identity ann@corp.example of https://issuer.example' });
  expect(verdict([{ ...ann, subject: '*@corp.example' }]).kind).toBe('good');
  expect(verdict([{ ...ann, subject: 'bob@corp.example' }, ann]).kind).toBe('good');
});

test.each([
  ['nobody', []],
  ['another subject', [{ ...ann, subject: 'bob@corp.example' }]],
  ['another issuer', [{ ...ann, issuer: 'https://issuer.example/' }]],
  ['a pattern for others', [{ ...ann, subject: '*@corp.example.org' }]],
  ['a subject that is part of it', [{ ...ann, subject: 'ann@corp' }]],
])('is not trusted for %s', (_, identities) => {
  expect(verdict(identities).kind).toBe('not trusted');
});

test('is of the image that it is of', () => {
  expect(verdict([ann], bundle, rootText, `sha256:${'0'.repeat(64)}`).kind).toBe('another image');
});

describe('is not trusted', () => {
  const envelope = bundle.dsseEnvelope;
  const material = bundle.verificationMaterial;
  const [stamp] = material.timestampVerificationData.rfc3161Timestamps;
  const within = (more: object) => ({ ...bundle, dsseEnvelope: { ...envelope, ...more } });
  const by = (verificationMaterial: object) => ({ ...bundle, verificationMaterial });
  test.each<readonly [string, typeof bundle]>([
    ['another payload', within({ payload: flipped(envelope.payload, 30) })],
    ['another type', within({ payloadType: 'text/plain' })],
    ['another signature', within({ signatures: [{ sig: flipped(envelope.signatures[0].sig, 20) }] })],
    [
      'another certificate',
      by({ ...material, certificate: { rawBytes: flipped(material.certificate.rawBytes, 150) } }),
    ],
    ['no time', by({ ...material, timestampVerificationData: undefined })],
    [
      'another time',
      by({
        ...material,
        timestampVerificationData: {
          rfc3161Timestamps: [{ signedTimestamp: flipped(stamp.signedTimestamp, 60) }],
        },
      }),
    ],
    ['a key in place of the certificate', by({ publicKey: { hint: 'x' } })],
    ['no material', by({})],
  ])('with %s', (_, changed) => {
    expect(verdict([ann], changed).kind).toBe('not trusted');
  });

  test('whatever else it is', () => {
    const { verify } = createKeyless([ann], rootText);
    for (const raw of [undefined, null, 7, 'x', [], {}, { dsseEnvelope: {} }])
      expect(verify(raw)).toBeUndefined();
  });
});

test('logs that the root has are demanded', () => {
  const root = JSON.parse(rootText);
  const key = ecSigner().pem.replace(/-----[^-]+-----|\s/g, '');
  const log = {
    baseUrl: 'https://log.example',
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: key,
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
    logId: { keyId: Buffer.alloc(32).toString('base64') },
  };
  for (const logs of [{ tlogs: [log] }, { ctlogs: [log] }])
    expect(verdict([ann], bundle, JSON.stringify({ ...root, ...logs })).kind).toBe('not trusted');
});

test.each([
  ['no JSON', '{', /JSON/],
  ['no root', '{}', /no certificate authority/],
])('a root that is %s is refused', (_, text, message) => {
  expect(() => createKeyless([ann], text)).toThrow(message);
});

test('other identities, or another root, are others whose signatures count', () => {
  const ids = [
    trustOf([]),
    trustOf([], createKeyless([ann], rootText)),
    trustOf([], createKeyless([], rootText)),
    trustOf([], createKeyless([ann], `${rootText} `)),
  ].map(({ id }) => id);
  expect(new Set(ids).size).toBe(4);
});

test('keys count beside identities', () => {
  const parsed = parsePublicKey(ecSigner().pem);
  if (!parsed.ok) throw new Error(parsed.message);
  const trust = trustOf([parsed.value], createKeyless([ann], rootText));
  expect(verifyCandidate(candidateOf(bundle), digest, trust).kind).toBe('good');
});

test.each([
  [{}, 'x: must be a list, not an object'],
  [[{ issuer: 'https://i' }], 'x[0].subject: is missing'],
  [
    [{ issuer: 'https://i', subject: '**' }],
    'x[0].subject: must name somebody, with `*` for what may be anything',
  ],
  [[{ issuer: '', subject: 'a' }], 'x[0].issuer: must be a text that is not empty'],
  [[{ issuer: 'i', subject: 'a', san: 'b' }], 'x[0].san: is unknown; known are issuer, subject'],
])('identities that are wrong: %j', (config, expected) => {
  const parsed = parseIdentities(config, 'x');
  expect(parsed.ok ? [] : parsed.problems.map((p) => `${p.path}: ${p.message}`)).toContain(expected);
});
