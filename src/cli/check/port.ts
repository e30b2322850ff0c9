import type { OffsetBounds } from '../../lib/clock-offset.ts';
import type { KeptVerdict } from './egress/verdict.ts';

/** What a review of access asks, for all namespaces. */
export interface AccessAttributes {
  /** Empty for the core group. */
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verb: string;
}

/** One sample of the API server's metrics. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What there is to see of how the API server stores Secrets; undefined for what cannot be read. */
export interface StorageEvidence {
  readonly metrics: readonly Sample[] | undefined;
  /** The command lines of the API servers, where they are pods; empty where none is. */
  readonly flags: readonly (readonly string[])[] | undefined;
}

/** What the checks ask of a cluster. Each call rejects with an Error whose message a person can read. */
export interface CheckPort {
  /** GET /version. */
  readonly serverVersion: () => Promise<{ readonly gitVersion: string }>;
  /** A SelfSubjectAccessReview without namespace. */
  readonly canI: (
    attributes: AccessAttributes,
  ) => Promise<{ readonly allowed: boolean; readonly reason: string }>;
  /** By how much this machine's clock is ahead of the API server's, as the answers so far tell. */
  readonly clockOffset: () => OffsetBounds | undefined;
  /** What the last canary has found; undefined where there is none. */
  readonly keptVerdict: () => Promise<KeptVerdict | undefined>;
  /** Never rejects. */
  readonly storage: () => Promise<StorageEvidence>;
}
