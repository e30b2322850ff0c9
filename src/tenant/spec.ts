import type { SignaturePolicy } from '../image/rules.ts';
import type { OptionDefaults } from '../job/option-defaults.ts';
import type { Egress } from '../policy/egress.ts';

/** What a tenant is to be, as plain values: TenantSpec of the contract. */
export interface TenantSpec {
  /** Hard limits by a ResourceQuota's names; quantities. */
  readonly quota: Readonly<Record<string, string>>;
  /** Empty for all. */
  readonly pools: readonly string[];
  readonly priorityClasses: readonly string[];
  /** Where its images may come from; empty for what the cluster's settings say. */
  readonly imageSources: readonly string[];
  /** PEM; empty for those of the cluster. */
  readonly imageKeys: readonly string[];
  /** Absent for what the cluster's settings say. */
  readonly signatures?: SignaturePolicy;
  readonly egress: readonly Egress[];
  /** Secrets that its steps may use. */
  readonly secrets: readonly string[];
  readonly imagePullSecrets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly defaults: OptionDefaults;
}

/** What nobody has described: no quota, no egress but DNS, every pool, no priority class. */
export const emptySpec: TenantSpec = {
  quota: {},
  pools: [],
  priorityClasses: [],
  imageSources: [],
  imageKeys: [],
  egress: [],
  secrets: [],
  imagePullSecrets: [],
  labels: {},
  defaults: { timeouts: {} },
};
