import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** A key whose signatures count. */
export interface PublicKey {
  /** `sha256:` of its DER (SPKI): what people compare. */
  readonly id: string;
  readonly key: KeyObject;
}

export type KeyResult =
  | { readonly ok: true; readonly value: PublicKey }
  | { readonly ok: false; readonly message: string };

const rule =
  'must be one public key in PEM ("BEGIN PUBLIC KEY"): ECDSA of P-256, P-384 or P-521, Ed25519, or RSA of at least 2048 bits';
const block = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/g;
const longestPem = 4_096;

/** Reads one key. The library would take a private key, too, and a certificate; neither belongs where it is read from. */
export function parsePublicKey(pem: string): KeyResult {
  const text = pem.trim();
  if (text.length > longestPem || text.match(block)?.[0] !== text) return { ok: false, message: rule };
  try {
    const key = createPublicKey(text);
    if (digestsFor(key).length === 0) return { ok: false, message: rule };
    const der = key.export({ type: 'spki', format: 'der' });
    return { ok: true, value: { id: `sha256:${createHash('sha256').update(der).digest('hex')}`, key } };
  } catch {
    return { ok: false, message: rule };
  }
}

/**
 * The keys of a file, which may have other text between them.
 * @throws Error with words for people
 */
export function readPublicKeys(text: string): readonly PublicKey[] {
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0) throw new Error('it has no public key in PEM');
  return blocks.map((pem, i) => {
    const parsed = parsePublicKey(pem);
    if (!parsed.ok) throw new Error(`its key ${i + 1} ${parsed.message}`);
    return parsed.value;
  });
}

/** Whether the signature is of these bytes, by that key. */
export function isSignedBy({ key }: PublicKey, bytes: Buffer, signature: Buffer): boolean {
  return digestsFor(key).some((digest) => {
    try {
      return verify(digest, bytes, key, signature);
    } catch {
      // It is none of that algorithm.
      return false;
    }
  });
}

/** What signers hash with, by kind of key: cosign's older versions take SHA-256 for every curve. Null: the algorithm's own. */
function digestsFor(key: KeyObject): readonly (string | null)[] {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return [null];
    case 'rsa':
      return modulusLength >= 2_048 ? ['sha256'] : [];
    case 'ec':
      if (namedCurve === 'prime256v1') return ['sha256'];
      if (namedCurve === 'secp384r1') return ['sha384', 'sha256'];
      return namedCurve === 'secp521r1' ? ['sha512', 'sha256'] : [];
    default:
      return [];
  }
}
