import { expect, test } from 'vitest';
import { parseTlsMaterial } from '../../../src/identity/tls-material.ts';
import { createAuthority } from '../../support/misbehaving-server/certificates.ts';

const authority = createAuthority();
const one = authority.issue({ commonName: 'one' });
const other = authority.issue({ commonName: 'other' });
const past = authority.issue({ commonName: 'past', notAfter: Date.now() - 60_000 });
const half = (pem: string) => pem.slice(0, pem.length / 2);
const parse = (...texts: string[]) => parseTlsMaterial(texts.map((text) => Buffer.from(text)));

test('what belongs together is taken, chains and bundles too', () => {
  const { context, notAfter } = parse(
    one.cert + authority.ca,
    one.key,
    authority.ca + createAuthority('2').ca,
  );
  expect(Object.keys(context)).toEqual(['cert', 'key', 'ca']);
  expect(notAfter).toBeGreaterThan(Date.now());
  expect(Object.keys(parse(one.cert, one.key).context)).toEqual(['cert', 'key']);
});

test.each([
  ['an empty certificate', ['', one.key], 'the certificate file has no certificate'],
  ['half a certificate', [half(one.cert), one.key], 'the certificate file has no certificate'],
  [
    'half an intermediate',
    [one.cert + half(authority.ca), one.key],
    'the certificate file has a certificate that is cut off',
  ],
  ['half a key', [one.cert, half(one.key)], 'the key file has no private key that can be read'],
  ['the certificate as the key', [one.cert, one.cert], 'the key file has no private key that can be read'],
  ["another certificate's key", [one.cert, other.key], 'the key is not the key of the certificate'],
  ['a certificate that has expired', [past.cert, past.key], /^the certificate has expired: /],
  ['an empty bundle', [one.cert, one.key, ''], 'the bundle of client CAs has no certificate'],
  [
    'half a bundle',
    [one.cert, one.key, authority.ca + half(authority.ca)],
    'the bundle of client CAs has a certificate that is cut off',
  ],
  [
    'rubbish between the lines',
    [one.cert, one.key, '-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----'],
    'certificate 1 of the bundle of client CAs cannot be read',
  ],
] as const)('%s is refused, in words that hold nothing of it', (_, texts, message) => {
  expect(() => parse(...texts)).toThrow(message);
});

test('no file at all', () => {
  expect(() => parseTlsMaterial([])).toThrow('a certificate and its key are needed');
});
