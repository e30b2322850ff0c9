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

/** What an object of a registry is named by. */
export interface Descriptor {
  readonly digest: string;
}

/**
 * Registries, as far as pinning needs them. Every call ends with the signal, or with an ExecutorError that says whose fault it is; undefined is
 * what the registry says it does not have.
 */
export interface ImageRegistry {
  /** By tag or by digest; one that is not of the digest that was asked for is an error. */
  manifest(at: Repository, tagOrDigest: string, signal: AbortSignal): Promise<StoredManifest | undefined>;
  /** Its bytes, which are of that digest; more than `maxBytes` of them is an error. */
  blob(at: Repository, blob: Descriptor, maxBytes: number, signal: AbortSignal): Promise<Buffer | undefined>;
  /** What says of itself that it is about the object with that digest, of a type; empty for nothing. Whoever may write there has written it. */
  referrers(
    at: Repository,
    digest: string,
    artifactType: string,
    signal: AbortSignal,
  ): Promise<readonly Descriptor[]>;
}

/** An image that may run, as the Job names it. */
export interface PinnedImage {
  /** In full, with its digest. */
  readonly image: string;
  /** Whose signature it has, or that none was asked for; for people. */
  readonly signature: string;
}
