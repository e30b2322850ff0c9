import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** What a server shows of itself, and whose certificates it believes; proven to belong together. */
export interface TlsMaterial {
  /** As Node's TLS takes it. */
  readonly context: { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer };
  /** When the server's own certificate ends; milliseconds. */
  readonly notAfter: number;
}

/** The material of a server, and what it becomes. */
export interface TlsSource {
  readonly current: TlsMaterial;
  /** Whether clients are asked for a certificate, or refused without one. */
  readonly clients: 'none' | 'ask' | 'require';
  subscribe(listener: (material: TlsMaterial) => void): () => void;
}

/** A peer that connects and says nothing. */
const HANDSHAKE_MS = 10_000;

/** How both ports speak TLS, beside what they show. */
export const tlsServerOptions = ({ clients }: Pick<TlsSource, 'clients'>) =>
  ({
    requestCert: clients !== 'none',
    rejectUnauthorized: clients === 'require',
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_MS,
  }) as const;

const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * Puts certificate, key and the CA bundle of the clients together.
 * @throws Error when one of them cannot be used, or the key is another certificate's
 */
export function parseTlsMaterial(
  [cert, key, ca]: readonly (Buffer | undefined)[],
  now: number = Date.now(),
): TlsMaterial {
  if (cert === undefined || key === undefined) throw new Error('a certificate and its key are needed');
  const [own] = certificatesOf(cert, 'the certificate file');
  if (own === undefined) throw new Error('the certificate file has no certificate');
  const privateKey = orThrow('the key file has no private key that can be read', () => createPrivateKey(key));
  if (!own.checkPrivateKey(privateKey)) throw new Error('the key is not the key of the certificate');
  const notAfter = own.validToDate.getTime();
  if (notAfter <= now) throw new Error(`the certificate has expired: ${own.validTo}`);
  if (ca !== undefined) certificatesOf(ca, 'the bundle of client CAs');
  const context = { cert, key, ...(ca !== undefined && { ca }) };
  orThrow('TLS does not take them', () => createSecureContext(context));
  return { context, notAfter };
}

/** Every certificate of a PEM; OpenSSL leaves out silently what it cannot read, and a CA that is left out is a lock-out. */
function certificatesOf(pem: Buffer, what: string): readonly X509Certificate[] {
  const text = pem.toString('utf8');
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0) throw new Error(`${what} has no certificate`);
  if (blocks.length !== text.split('-----BEGIN CERTIFICATE-----').length - 1)
    throw new Error(`${what} has a certificate that is cut off`);
  return blocks.map((one, i) =>
    orThrow(`certificate ${i + 1} of ${what} cannot be read`, () => new X509Certificate(one)),
  );
}

/** Node's own words may hold parts of what it read: they are left out. */
function orThrow<T>(message: string, work: () => T): T {
  try {
    return work();
  } catch {
    throw new Error(message);
  }
}
