import { isRecord } from '../lib/is-record.ts';

/** What a signature says that it is for: the digest of an image, or why that is not told. */
export type SignedDigest =
  | { readonly kind: 'image'; readonly digests: readonly string[] }
  /** Another statement about the image, such as a bill of materials: no word of it that the image may run. */
  | { readonly kind: 'another statement' };

const another: SignedDigest = { kind: 'another statement' };
/** Of the statement that an image may run; the same keys may have signed others. */
export const signPredicate = 'https://sigstore.dev/cosign/sign/v1';
/** Of the envelope. */
export const statementType = 'application/vnd.in-toto+json';

/** The in-toto statement of cosign's bundles. */
export function digestOfStatement(payload: Buffer): SignedDigest {
  const value = parse(payload);
  if (!isRecord(value) || value._type !== 'https://in-toto.io/Statement/v1') return another;
  if (value.predicateType !== signPredicate || !Array.isArray(value.subject)) return another;
  const digests = value.subject.flatMap((subject: unknown) =>
    isRecord(subject) && isRecord(subject.digest) && typeof subject.digest.sha256 === 'string'
      ? [`sha256:${subject.digest.sha256}`]
      : [],
  );
  return { kind: 'image', digests };
}

/** The "simple signing" payload of cosign's older format. */
export function digestOfSimpleSigning(payload: Buffer): SignedDigest {
  const value = parse(payload);
  const critical = isRecord(value) ? value.critical : undefined;
  if (!isRecord(critical) || critical.type !== 'cosign container image signature') return another;
  const digest = isRecord(critical.image) ? critical.image['docker-manifest-digest'] : undefined;
  return { kind: 'image', digests: typeof digest === 'string' ? [digest] : [] };
}

/** What is signed in an envelope (DSSE's pre-authentication encoding). */
export function envelopeBytes(type: string, payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `),
    payload,
  ]);
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
