import { decodeJwt } from 'jose';
import type { TokenReviews } from './ports.ts';
import { identityUnavailable, tokenInvalid } from './refusals.ts';
import type { TokenVerifier } from './token-verifier.ts';

export interface ServiceAccountDeps {
  readonly reviews: TokenReviews;
  /** The token must be made for one of them: one that was made for the API server, as every pod may have it, is not good here. */
  readonly audiences: readonly string[];
  /** Told when the cluster could not be asked. */
  readonly onError?: (error: unknown) => void;
  /** Most reviews at once; more are asked to come again. */
  readonly maxReviews?: number;
}

/** What the token itself says, once the cluster has found it good. */
function endOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token);
    return exp === undefined ? undefined : exp * 1000;
  } catch {
    return undefined;
  }
}

const accountName = /^system:serviceaccount:[a-z0-9.-]{1,253}:[a-z0-9.-]{1,253}$/;

/** Proves the tokens of the cluster's own service accounts, by asking it. */
export function createServiceAccountVerifier(deps: ServiceAccountDeps): TokenVerifier {
  const { reviews, audiences, onError, maxReviews = 64 } = deps;
  let open = 0;
  const review = async (token: string) => {
    if (open >= maxReviews) throw identityUnavailable();
    open += 1;
    try {
      return await reviews.review(token, audiences);
    } catch (error) {
      onError?.(error);
      throw identityUnavailable(error);
    } finally {
      open -= 1;
    }
  };
  return {
    // Whatever no configured issuer has signed: the cluster knows its own issuer.
    accepts: () => true,
    async verify(token) {
      const { authenticated, username, groups, audiences: meant } = await review(token);
      if (!authenticated)
        throw tokenInvalid('neither an issuer that is trusted here nor the cluster knows it');
      if (!audiences.some((audience) => meant.includes(audience)))
        throw tokenInvalid('it was made for somebody else (aud)');
      if (!accountName.test(username)) throw tokenInvalid("it is no service account's");
      const caller = { name: username, groups, tenants: [], claims: {}, by: 'serviceaccount' } as const;
      const expiresAt = endOf(token);
      return expiresAt === undefined ? caller : { ...caller, expiresAt };
    },
  };
}
