import type { ReflectorStatus } from '../kube/reflector-status.ts';

/** One view of the cluster, for readiness and metrics. */
export interface View {
  readonly name: 'jobs' | 'pods' | 'namespaces' | 'networkpolicies';
  /** Nothing is served before it was complete once. */
  readonly needed: boolean;
  readonly status: () => ReflectorStatus;
  /** Age of what the view is proven to contain, in milliseconds; Infinity when nothing is proven. */
  readonly ageMs: () => number;
}
