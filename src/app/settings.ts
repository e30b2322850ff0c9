import type { Duration } from '../config/duration.ts';
import type { Config } from '../config/schema.ts';
import type { ClusterImageRules } from '../image/rules.ts';
import type { Graces } from '../job/graces.ts';
import type { SubmitSettings } from '../job/parse-submit.ts';
import { isWaitingReason, type WaitingReason } from '../job/reasons.ts';
import { parseTenants } from '../policy/parse-tenants.ts';
import type { Pools } from '../policy/pools.ts';

/** What of the configuration goes into a step's Job. */
export function submitSettings(config: Config, pools: Pools, images: ClusterImageRules): SubmitSettings {
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
    atMostOnce: startDefaults(config),
    place: { region: config.region, dataClassifications: config.dataClassifications ?? [] },
    reservedKeys: config.reservedKeys.split(/, */).filter((key) => key !== 'none'),
    images,
  };
}

function startDefaults({ startGuarantee, tenantDefaults }: Config): SubmitSettings['atMostOnce'] {
  const parsed = parseTenants(tenantDefaults);
  // The configuration was refused for it, where there is one that people write.
  if (!parsed.ok) throw new TypeError(`tenantDefaults: ${JSON.stringify(parsed.problems)}`);
  const tenants = [...parsed.value].flatMap(([tenant, { startGuarantee: said }]) =>
    said === undefined ? [] : [[tenant, said === 'at-most-once'] as const],
  );
  return { cluster: startGuarantee === 'at-most-once', tenants: new Map(tenants) };
}

/** How long a step may wait for each reason. Each reason has a setting, by the same name with a small first letter. */
export function graceSettings(config: Config): Graces {
  const settings: Readonly<Record<Uncapitalize<WaitingReason>, Duration>> = config.graces;
  return Object.fromEntries(
    Object.entries(settings).map(([name, { seconds }]) => {
      const reason = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      if (!isWaitingReason(reason)) throw new TypeError(`${name} is the setting of no reason`);
      return [reason, seconds];
    }),
  );
}
