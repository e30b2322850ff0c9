import type { Config } from '../config/schema.ts';
import { createByteBudget } from '../lib/byte-budget.ts';
import { createCallCounts } from '../policy/call-limits.ts';
import { accessTable } from '../rpc/access-table.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** What both ports have against floods; some of it they share. */
export function createFloodLimits({ limits }: Pick<Config, 'limits'>, metrics: Pick<Metrics, 'refused'>) {
  const connections = { all: limits.connections, perAddress: limits.connectionsPerAddress };
  const requestTimeMs = limits.requestTime.ms;
  const shared = {
    counts: createCallCounts({ all: limits.calls, perCaller: limits.callsPerCaller }, (why) =>
      metrics.refused('both', why),
    ),
    budget: createByteBudget(limits.unreadMegabytes * 1024 * 1024),
  };
  return {
    grpc: {
      ...shared,
      isPublic: (method: string) => accessTable[method]?.set === 'public',
      onRefused: (why: string) => metrics.refused('grpc', why),
      limits: {
        connections,
        requestTimeMs,
        maxConcurrentStreams: limits.streamsPerConnection,
        idleMs: limits.idleConnection.ms,
      },
    },
    http: {
      ...shared,
      onRefused: (why: string) => metrics.refused('http', why),
      limits: { connections, requestTimeMs },
    },
  };
}
