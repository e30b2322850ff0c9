import { expect, test } from 'vitest';
import { peerCertificate, spiffeId } from '../../../src/identity/peer-certificate.ts';

test.each([
  ['URI:spiffe://prod.example/orchestrator', 'spiffe://prod.example/orchestrator'],
  ['DNS:a.example, URI:spiffe://prod/ns/a/sa/b, IP Address:10.0.0.1', 'spiffe://prod/ns/a/sa/b'],
  [undefined, undefined],
  ['', undefined],
  ['DNS:spiffe://prod/a', undefined],
  ['URI:https://prod/a', undefined],
  ['URI:spiffe://prod', undefined],
  ['URI:spiffe://prod/', undefined],
  ['URI:spiffe://prod/a/', undefined],
  ['URI:spiffe://prod/a//b', undefined],
  ['URI:spiffe://prod/a/../b', undefined],
  ['URI:spiffe://prod/./b', undefined],
  ['URI:spiffe://prod/..', undefined],
  ['URI:spiffe://prod/...', 'spiffe://prod/...'],
  ['URI:spiffe://PROD/a', undefined],
  ['URI:spiffe://prod:443/a', undefined],
  ['URI:spiffe://user@prod/a', undefined],
  ['URI:spiffe://prod/a?b', undefined],
  ['URI:spiffe://prod/a%2fb', undefined],
  ['URI:spiffe://prod/a b', undefined],
  ['URI:spiffe://prod/a\nb', undefined],
  [`URI:spiffe://prod/${'a'.repeat(2048)}`, undefined],
  // Two URIs are no SPIFFE certificate, whichever of them it is.
  ['URI:spiffe://prod/a, URI:spiffe://prod/b', undefined],
  ['URI:spiffe://prod/a, URI:https://prod/b', undefined],
  // Node quotes what could be taken for several names.
  ['URI:"spiffe://prod/a, URI:spiffe://prod/b"', undefined],
  ['DNS:"a, URI:spiffe://prod/b"', undefined],
])('%j names %j', (names, want) => {
  expect(spiffeId(names)).toBe(want);
});

const certificate = (subject: object, subjectaltname?: string) => ({
  raw: Buffer.from('x'),
  subject,
  subjectaltname,
  valid_to: 'Jan  1 00:00:00 2030 GMT',
});
const socket = (shown: object, authorized = true) =>
  ({ authorized, authorizationError: 'CERT_HAS_EXPIRED', getPeerCertificate: () => shown }) as never;

test('a certificate that was verified says name, organizations and end', () => {
  expect(peerCertificate(socket(certificate({ CN: 'a', O: ['x', 'y'] }, 'URI:spiffe://p/a')))).toEqual({
    verified: true,
    spiffe: 'spiffe://p/a',
    commonName: 'a',
    organizations: ['x', 'y'],
    notAfter: Date.UTC(2030, 0),
  });
});

test('of several common names none is the name', () => {
  expect(peerCertificate(socket(certificate({ CN: ['a', 'b'] })))).not.toHaveProperty('commonName');
});

test('one that was not verified says why, and nothing else', () => {
  expect(peerCertificate(socket(certificate({ CN: 'a' }), false))).toEqual({
    verified: false,
    why: 'CERT_HAS_EXPIRED',
  });
});

test('no certificate is none, also where Node says authorized: a session that was resumed', () => {
  expect(peerCertificate(socket({}))).toBeUndefined();
});
