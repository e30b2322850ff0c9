import type { ReviewedToken, TokenReviews } from '../identity/ports.ts';
import type { Transport } from './transport-types.ts';

/** What a TokenReview answers, as far as it matters; untrusted in its shape. */
interface ReviewStatus {
  readonly authenticated?: unknown;
  readonly audiences?: unknown;
  readonly user?: { readonly username?: unknown; readonly groups?: unknown };
}

const path = '/apis/authentication.k8s.io/v1/tokenreviews';

/** Asks the API server about tokens; needs the right to create tokenreviews. */
export function createTokenReviews(transport: Pick<Transport, 'call'>): TokenReviews {
  return {
    async review(token, audiences): Promise<ReviewedToken> {
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, audiences },
      };
      const options = { priority: 'read', retry: false, timeoutMs: reviewMs } as const;
      const answer = await transport.call<{ readonly status?: ReviewStatus } | null>({
        method: 'POST',
        path,
        body,
        ...options,
      });
      const status = answer.body?.status;
      return {
        authenticated: status?.authenticated === true,
        username: typeof status?.user?.username === 'string' ? status.user.username : '',
        groups: texts(status?.user?.groups),
        audiences: texts(status?.audiences),
      };
    },
  };
}

/** A caller waits for it. */
const reviewMs = 5_000;

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
