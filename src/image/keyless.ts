import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { matchesPattern } from '../policy/pattern.ts';
import type { SignerIdentity } from './identities.ts';
import { statementType } from './payload.ts';

/** Signatures by people and programs that have no key of their own, but a certificate for some minutes. */
export interface Keyless {
  /** The same for the same identities and the same root. */
  readonly id: string;
  /** Who has signed, and what; undefined when it is nobody who counts. `bundle` is as it was read, and anybody's word. */
  verify(bundle: unknown): { readonly by: string; readonly payload: Buffer } | undefined;
}

const require = createRequire(import.meta.url);
/** Loaded by whoever asks for identities, as it takes a tenth of a second. */
const load = () => ({
  ...(require('@sigstore/verify') as typeof import('@sigstore/verify')),
  ...(require('@sigstore/bundle') as typeof import('@sigstore/bundle')),
  ...(require('@sigstore/protobuf-specs') as typeof import('@sigstore/protobuf-specs')),
});

/**
 * Judges by a trusted root as cosign writes it (`cosign trusted-root create`, or the public one's trusted_root.json): of the logs that it has, one
 * entry each is demanded, and always a time that an authority of the root has signed.
 * @throws Error when the text is no such root
 */
export function createKeyless(identities: readonly SignerIdentity[], rootText: string): Keyless {
  const { TrustedRoot, Verifier, toTrustMaterial, toSignedEntity, bundleFromJSON } = load();
  const root = TrustedRoot.fromJSON(JSON.parse(rootText));
  if (root.certificateAuthorities.length === 0) throw new Error('it has no certificate authority');
  const verifier = new Verifier(toTrustMaterial(root), {
    tlogThreshold: Math.min(1, root.tlogs.length),
    ctlogThreshold: Math.min(1, root.ctlogs.length),
    timestampThreshold: 1,
  });
  return {
    id: createHash('sha256')
      .update(JSON.stringify([identities, rootText]))
      .digest('hex'),
    verify(raw) {
      try {
        const bundle = bundleFromJSON(raw);
        // What is read of it below is what was signed.
        if (bundle.content.$case !== 'dsseEnvelope') return undefined;
        const { payloadType, payload } = bundle.content.dsseEnvelope;
        const { identity } = verifier.verify(toSignedEntity(bundle));
        const { subjectAlternativeName: subject, extensions } = identity ?? {};
        const issuer = extensions?.issuer;
        if (payloadType !== statementType || subject === undefined || issuer === undefined) return undefined;
        const counts = identities.some(
          (one) => one.issuer === issuer && matchesPattern(one.subject, subject),
        );
        return counts ? { by: `${subject} of ${issuer}`, payload: Buffer.from(payload) } : undefined;
      } catch {
        // The library throws for whatever is not as it must be.
        return undefined;
      }
    },
  };
}
