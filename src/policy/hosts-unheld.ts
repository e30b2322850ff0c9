import { ExecutorError } from '../step/errors.ts';
import type { HostSupport } from './egress.ts';

/** Why hosts cannot be allowed here; undefined where they can. */
export function hostsUnheld(support: HostSupport): ExecutorError | undefined {
  switch (support) {
    case 'yes':
      return undefined;
    case 'unknown':
      return new ExecutorError({
        code: 'UNAVAILABLE',
        reason: 'NOT_YET_SYNCED',
        message: 'the executor does not know yet whether its cluster can hold egress to hosts',
        retryAfterMs: 1_000,
      });
    case 'no':
      return new ExecutorError({
        code: 'FAILED_PRECONDITION',
        reason: 'EGRESS_HOSTS_UNSUPPORTED',
        message:
          'egress to hosts needs Cilium in the cluster, and the right of the executor on its CiliumNetworkPolicies (cilium.io/v2): name ranges of addresses instead, or use a cluster that has it',
      });
    default: {
      const never: never = support;
      return never;
    }
  }
}
