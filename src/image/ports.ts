/** A repository of a registry. */
export interface Repository {
  readonly registry: string;
  readonly repository: string;
}

/** A manifest as its registry gave it, word for word. */
export interface StoredManifest {
  /** Of these bytes: counted, not believed. */
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/**
 * Registries, as far as pinning needs them. Every call ends with the signal, or with an ExecutorError that says whose fault it is; undefined is
 * what the registry says it does not have.
 */
export interface ImageRegistry {
  /** By tag or by digest; one that is not of the digest that was asked for is an error. */
  manifest(at: Repository, tagOrDigest: string, signal: AbortSignal): Promise<StoredManifest | undefined>;
}

/** An image that may run, as the Job names it. */
export interface PinnedImage {
  /** In full, with its digest. */
  readonly image: string;
}
