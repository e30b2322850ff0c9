import type { Config } from '../config/schema.ts';
import type { SubmitSettings } from '../job/parse-submit.ts';
import type { Pools } from '../policy/pools.ts';

/** What of the configuration goes into a step's Job. */
export function submitSettings(config: Config, pools: Pools): SubmitSettings {
  const { queue, start, run, total } = config.timeouts;
  return {
    namespacePrefix: config.namespacePrefix,
    pools,
    timeouts: {
      queue: queue.seconds,
      start: start.seconds,
      run: run.seconds,
      total: total === undefined ? 0 : total.seconds,
    },
    maxRunSeconds: config.limits.maxRun.seconds,
    graceSeconds: config.gracePeriod.seconds,
    ttlSeconds: config.ttlAfterFinished.seconds,
    outputsSize: config.outputsSizeLimit,
  };
}
