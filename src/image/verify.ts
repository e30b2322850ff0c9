import { digestOfSimpleSigning, digestOfStatement, envelopeBytes, type SignedDigest } from './payload.ts';
import { isSignedBy } from './public-key.ts';
import type { Trust } from './trust.ts';

/** Something in a registry that may be a signature; everything in it is anybody's word. */
export type Candidate =
  | { readonly kind: 'simple signing'; readonly payload: Buffer; readonly signature: Buffer }
  | {
      readonly kind: 'bundle';
      /** All of it, as it was read. */
      readonly raw: unknown;
      readonly payloadType: string;
      readonly payload: Buffer;
      readonly signature: Buffer;
    };

export type Verdict =
  | { readonly kind: 'good'; readonly by: string }
  /** By nobody who counts here. */
  | { readonly kind: 'not trusted' }
  /** Good, but of another image: somebody has put it where it does not belong. */
  | { readonly kind: 'another image' }
  | { readonly kind: 'another statement' };

/** Whether the candidate is a signature of the image with that digest by somebody who counts. */
export function verifyCandidate(candidate: Candidate, digest: string, trust: Trust): Verdict {
  const { signature, payload } = candidate;
  const isBundle = candidate.kind === 'bundle';
  const bytes = isBundle ? envelopeBytes(candidate.payloadType, payload) : payload;
  const by = trust.keys.find((key) => isSignedBy(key, bytes, signature));
  // Nothing is believed of what nobody has signed who counts.
  if (by === undefined)
    return isBundle ? verifyKeyless(candidate.raw, digest, trust) : { kind: 'not trusted' };
  return judge(
    isBundle ? digestOfStatement(payload) : digestOfSimpleSigning(payload),
    digest,
    `key ${by.id}`,
  );
}

function verifyKeyless(raw: unknown, digest: string, { keyless }: Trust): Verdict {
  const signed = keyless?.verify(raw);
  return signed === undefined
    ? { kind: 'not trusted' }
    : judge(digestOfStatement(signed.payload), digest, `identity ${signed.by}`);
}

function judge(signed: SignedDigest, digest: string, by: string): Verdict {
  if (signed.kind === 'another statement') return signed;
  return signed.digests.includes(digest) ? { kind: 'good', by } : { kind: 'another image' };
}
