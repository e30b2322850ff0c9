import type { KeptVerdict } from '../cli/check/egress/verdict.ts';
import type { KubeClient } from '../kube/client.ts';
import type { TenantMetrics } from '../telemetry/tenant-metrics.ts';
import { keptVerdict } from './egress-canary.ts';
import { createNowAndThen, type NowAndThen } from './now-and-then.ts';

export interface KnownEgressDeps {
  readonly client: Pick<KubeClient, 'getConfigMap'>;
  readonly metrics: Pick<TenantMetrics, 'measureEgress'>;
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Somebody checks once in a while, and nobody waits for the metric. */
const everyMs = 300_000;

/** Measures what the last canary has found of the network plugin. Nothing else depends on it. */
export function createKnownEgress({ client, metrics, onError, signal }: KnownEgressDeps): NowAndThen {
  let known: KeptVerdict | undefined;
  metrics.measureEgress(() => known);
  return createNowAndThen({
    everyMs,
    signal,
    onError,
    look: async (limit) => {
      known = await keptVerdict(client, limit);
    },
  });
}
