import type { Caller } from './caller.ts';

/** What a token says of itself before anything is proven: enough to choose who may prove it. */
export interface TokenClaims {
  readonly issuer: string | undefined;
}

/** Proves tokens of one kind. */
export interface TokenVerifier {
  accepts(claims: TokenClaims): boolean;
  /** Rejects with an ExecutorError: UNAUTHENTICATED, or UNAVAILABLE when it cannot be found out. */
  verify(token: string): Promise<Caller>;
}
