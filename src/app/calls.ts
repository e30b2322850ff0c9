import type { Logger } from '../telemetry/logger.ts';
import type { MeasuredCall, MeasuredCallEnd, Metrics } from '../telemetry/metrics.ts';

interface EndedCall extends MeasuredCallEnd {
  readonly reason: string;
  readonly caller: string;
}

/** What both edges report of their calls goes into metrics and the log. */
export function observeCalls(metrics: Metrics, logger: Logger) {
  return {
    onStart: (call: MeasuredCall) => metrics.rpc.started(call),
    onCall: (call: EndedCall) => {
      metrics.rpc.ended(call);
      const { method, protocol, code, reason, durationMs, caller } = call;
      const level = code === 'INTERNAL' ? 'error' : 'debug';
      logger[level](
        { method, protocol, code, reason, durationMs: Math.round(durationMs * 1000) / 1000, caller },
        'call',
      );
    },
  };
}
