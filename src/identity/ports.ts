/** What an API server says of a token. */
export interface ReviewedToken {
  readonly authenticated: boolean;
  readonly username: string;
  readonly groups: readonly string[];
  /** Those of the audiences asked for that the token was made for. */
  readonly audiences: readonly string[];
}

/** The cluster as the judge of its own tokens. Rejects when it does not answer. */
export interface TokenReviews {
  review(token: string, audiences: readonly string[]): Promise<ReviewedToken>;
}
