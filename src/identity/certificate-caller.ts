import type { Caller } from './caller.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import { certificateInvalid } from './refusals.ts';

/** Words for what OpenSSL names; nothing here tells which CAs would do. */
const plainly: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  INVALID_PURPOSE: 'it is not made for clients',
};

/**
 * Who a certificate says its holder is: its SPIFFE ID, else its common name.
 * @throws ExecutorError UNAUTHENTICATED
 */
export function callerOfCertificate(certificate: PeerCertificate, now: number): Caller {
  if (!certificate.verified)
    throw certificateInvalid(plainly[certificate.why] ?? 'no CA that is trusted here has issued it');
  if (certificate.notAfter <= now) throw certificateInvalid('it has expired; connect with a new one');
  const { spiffe, commonName, organizations, notAfter } = certificate;
  const name = spiffe ?? (commonName === undefined ? undefined : `cn:${commonName}`);
  if (name === undefined || !isPlain(name))
    throw certificateInvalid('it has neither one SPIFFE ID nor one common name');
  const groups = organizations.filter(isPlain).map((organization) => `o:${organization}`);
  return { name, groups, tenants: [], claims: {}, by: 'certificate', expiresAt: notAfter };
}

/** A name that goes into logs, annotations and policies as it is. */
export const isPlain = (name: string): boolean =>
  name !== '' && name.length <= 1_024 && name.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name);
