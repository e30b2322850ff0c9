import { generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { envelopeBytes, statementType } from '../../../src/image/payload.ts';
import type { Candidate } from '../../../src/image/verify.ts';

export interface Signer {
  readonly pem: string;
  sign(bytes: Buffer, digest?: string): Buffer;
}

const ofPair = ({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): Signer => ({
  pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  sign: (bytes, digest) =>
    signBytes(privateKey.asymmetricKeyType === 'ed25519' ? null : (digest ?? 'sha256'), bytes, privateKey),
});

export const ecSigner = (namedCurve = 'P-256'): Signer => ofPair(generateKeyPairSync('ec', { namedCurve }));
export const edSigner = (): Signer => ofPair(generateKeyPairSync('ed25519'));
export const rsaSigner = (modulusLength = 2_048): Signer =>
  ofPair(generateKeyPairSync('rsa', { modulusLength }));

export const statement = (digest: string, more: object = {}): object => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { sha256: digest.replace('sha256:', '') } }],
  predicateType: 'https://sigstore.dev/cosign/sign/v1',
  predicate: {},
  ...more,
});
export const simple = (digest: string, more: object = {}): object => ({
  critical: {
    identity: { 'docker-reference': 'x' },
    image: { 'docker-manifest-digest': digest },
    type: 'cosign container image signature',
    ...more,
  },
  optional: null,
});

/** What cosign would put into a registry. */
export function candidate(kind: Candidate['kind'], content: unknown, signer: Signer): Candidate {
  const payload = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  return kind === 'bundle'
    ? {
        kind,
        raw: {},
        payloadType: statementType,
        payload,
        signature: signer.sign(envelopeBytes(statementType, payload)),
      }
    : { kind, payload, signature: signer.sign(payload) };
}
