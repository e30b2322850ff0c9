import type { TenantSpec } from './spec.ts';

export const tenantStates = ['PROVISIONING', 'READY', 'DEGRADED', 'DELETING'] as const;
export type TenantState = (typeof tenantStates)[number];

/** A tenant as it is. */
export interface Tenant {
  readonly tenant: string;
  readonly namespace: string;
  readonly uid: string;
  readonly createTime: number;
  readonly state: TenantState;
  /** Undefined when it cannot be read; then a problem says why. */
  readonly spec: TenantSpec | undefined;
  readonly problems: readonly string[];
  /** What keeps its pods from each other and from the cluster is not as it is to be: no step may start. */
  readonly open: boolean;
  readonly used: Readonly<Record<string, string>>;
}
