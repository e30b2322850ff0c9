import type { ImageSource } from './source.ts';
import type { Trust } from './trust.ts';

export type SignaturePolicy = 'required' | 'not-required';

/** What the cluster's settings say of the images of all its steps. */
export interface ClusterImageRules {
  /** Undefined where nothing is said. */
  readonly sources: readonly ImageSource[] | undefined;
  /** Whether images of nobody's sources run all the same, as in a cluster that has no registry. */
  readonly openWithoutSources: boolean;
  /** What is asked of signatures, for tenants whose descriptions do not say. */
  readonly signatures: SignaturePolicy;
  /** Whether anybody looks at signatures at all. */
  readonly verifies: boolean;
  /** Whose signatures count at this moment, for tenants that name no keys; undefined for nobody's. */
  readonly trust: Trust | undefined;
}

/** Of a cluster that takes every image as it is named. */
export const anyImage: ClusterImageRules = {
  sources: undefined,
  openWithoutSources: true,
  signatures: 'not-required',
  verifies: false,
  trust: undefined,
};

/** What a tenant's description says of them. */
export interface TenantImageRules {
  /** Empty where nothing is said. */
  readonly sources: readonly ImageSource[];
  /** PEM; empty where nothing is said. */
  readonly keys: readonly string[];
  /** Undefined where nothing is said. */
  readonly signatures: SignaturePolicy | undefined;
}
