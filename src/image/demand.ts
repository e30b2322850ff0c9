import { type PublicKey, parsePublicKey } from './public-key.ts';
import type { ClusterImageRules, TenantImageRules } from './rules.ts';
import { type Trust, trustOf } from './trust.ts';

/** What is asked of an image's signature, or why nobody could give one that is good. */
export type SignatureDemand =
  | { readonly kind: 'none' }
  | { readonly kind: 'signed'; readonly trust: () => Trust }
  /** Worded to follow the name of a field. */
  | { readonly kind: 'impossible'; readonly why: string };

/** The tenant's word goes before the cluster's; where it has keys of its own nobody else's count. */
export function signatureDemand(
  cluster: ClusterImageRules,
  tenant: TenantImageRules | undefined,
): SignatureDemand {
  if ((tenant?.signatures ?? cluster.signatures) === 'not-required') return { kind: 'none' };
  if (!cluster.verifies)
    return impossible('as it must be signed, and nobody looks at signatures here (images.resolve)');
  const own = tenant?.keys ?? [];
  if (own.length > 0) return { kind: 'signed', trust: () => trustOf(own.flatMap(keyOf)) };
  const { trust } = cluster;
  if (trust !== undefined) return { kind: 'signed', trust: () => trust };
  return impossible(
    'as it must be signed, and nobody is trusted to sign: set images.keysFile or images.identities, or describe the tenant with image_keys',
  );
}

const impossible = (why: string): SignatureDemand => ({ kind: 'impossible', why: `may not run, ${why}` });

/** Each was checked before it was written down; what is none by now is nobody's. */
const keyOf = (pem: string): readonly PublicKey[] => {
  const parsed = parsePublicKey(pem);
  return parsed.ok ? [parsed.value] : [];
};
