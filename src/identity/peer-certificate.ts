import type { TLSSocket } from 'node:tls';

/** What a client's certificate says, once it was proven against the CA bundle; or why it was not. */
export type PeerCertificate =
  | {
      readonly verified: true;
      /** The `spiffe://` URI, where there is exactly one URI among the alternative names and it is one. */
      readonly spiffe?: string;
      /** Where there is exactly one. */
      readonly commonName?: string;
      readonly organizations: readonly string[];
      /** When it ends, in milliseconds: a connection may live longer. */
      readonly notAfter: number;
    }
  | {
      readonly verified: false;
      /** OpenSSL's name of it, such as CERT_HAS_EXPIRED. */
      readonly why: string;
    };

type Socket = Pick<TLSSocket, 'authorized' | 'authorizationError' | 'getPeerCertificate'>;

/** What a client has shown; undefined when it showed no certificate, or was not asked for one. */
export function peerCertificate(socket: Socket): PeerCertificate | undefined {
  const certificate = socket.getPeerCertificate();
  // A resumed session without a certificate counts as authorized in Node.
  if (certificate?.raw === undefined) return undefined;
  if (!socket.authorized) return { verified: false, why: String(socket.authorizationError ?? 'UNVERIFIED') };
  const { CN, O } = certificate.subject as Partial<Record<'CN' | 'O', string | string[]>>;
  const spiffe = spiffeId(certificate.subjectaltname);
  return {
    verified: true,
    ...(spiffe !== undefined && { spiffe }),
    ...(typeof CN === 'string' && CN !== '' && { commonName: CN }),
    organizations: O === undefined ? [] : [O].flat(),
    notAfter: Date.parse(certificate.valid_to),
  };
}

/** SPIFFE-ID: a trust domain and a path of segments, without port, query, escapes or a segment of dots alone. */
const spiffeUri = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/;

/**
 * The SPIFFE ID of a text of alternative names. Node writes `URI:a, DNS:b`, and in quotes whatever could be taken for more than one name: that
 * is no SPIFFE ID. The standard allows one URI.
 */
export function spiffeId(alternativeNames: string | undefined): string | undefined {
  const uris = (alternativeNames ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  const [uri = ''] = uris.map((name) => name.slice(4));
  return uris.length === 1 && uri.length <= 2048 && spiffeUri.test(uri) ? uri : undefined;
}
