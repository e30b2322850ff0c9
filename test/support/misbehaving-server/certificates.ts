import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key as PEM, made at run time: nothing checked in can expire. */
export type Certificate = { readonly cert: string; readonly key: string };

/** A certificate authority that lives as long as the test. */
export type Authority = {
  readonly ca: string;
  /** A certificate for both ends of TLS. `organization` is a group to Kubernetes, `commonName` the user. */
  readonly issue: (subject: {
    readonly commonName: string;
    readonly organization?: string;
    readonly hosts?: readonly string[];
    /** URIs among the alternative names. */
    readonly uris?: readonly string[];
    /** In milliseconds; 30 days from now by default. */
    readonly notAfter?: number;
  }) => Certificate;
};

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

/** Makes an authority. node:crypto signs but builds no X.509, so the few DER structures are written here. */
export function createAuthority(commonName = 'test ca'): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = name({ commonName });
  const ca = certificate(issuer, issuer, publicKey, privateKey, [
    extension(OID.basicConstraints, sequence(der(0x01, Buffer.from([0xff]))), true),
    // keyCertSign and cRLSign
    extension(OID.keyUsage, der(0x03, Buffer.from([0x01, 0x06])), true),
  ]);
  return {
    ca,
    issue({ hosts = [], uris = [], notAfter, ...subject }) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const usages = sequence(oid(OID.serverAuth), oid(OID.clientAuth));
      const extensions = [extension(OID.extendedKeyUsage, usages)];
      const names = [...hosts.map(alternativeName), ...uris.map((uri) => der(0x86, Buffer.from(uri)))];
      if (names.length > 0) extensions.push(extension(OID.subjectAltName, sequence(...names)));
      return {
        cert: certificate(name(subject), issuer, pair.publicKey, privateKey, extensions, notAfter),
        key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

const day = 24 * 60 * 60 * 1000;

function certificate(
  subject: Buffer,
  issuer: Buffer,
  publicKey: KeyObject,
  signer: KeyObject,
  extensions: readonly Buffer[],
  notAfter = Date.now() + 30 * day,
): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const validity = sequence(utcTime(Date.now() - 2 * day), utcTime(notAfter));
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(8)]);
  const tbs = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    issuer,
    validity,
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', tbs, signer));
  return new X509Certificate(sequence(tbs, algorithm, signature)).toString();
}

function name({ commonName, organization }: { commonName: string; organization?: string }): Buffer {
  const part = (id: string, text: string) => der(0x31, sequence(oid(id), der(0x0c, Buffer.from(text))));
  return sequence(
    ...(organization ? [part(OID.organization, organization)] : []),
    part(OID.commonName, commonName),
  );
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 4) return der(0x87, Buffer.from(host.split('.').map(Number)));
  return der(0x82, Buffer.from(host));
}

function utcTime(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const septets = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return der(0x06, Buffer.from(bytes));
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
