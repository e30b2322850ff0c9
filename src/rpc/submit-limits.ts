import { comparePools } from '../job/pool-choice.ts';
import type { StepSpec } from '../job/spec.ts';
import type { AccessLimits } from '../policy/access.ts';
import type { Pools } from '../policy/pools.ts';
import { ExecutorError } from '../step/errors.ts';
import { isFinal } from '../step/state.ts';
import type { Step } from '../step/step.ts';

export interface SubmitLimitsDeps {
  readonly pools: Pools;
  readonly steps: () => Iterable<Step>;
  /** Whether the step is there already: to submit it again starts nothing. */
  readonly isKnown: (spec: StepSpec) => boolean;
}

/** Refuses a step that the limits of the caller's rule do not allow. */
export function checkLimits(spec: StepSpec, limits: AccessLimits, deps: SubmitLimitsDeps): void {
  const { largestPool, stepsInFlight } = limits;
  if (largestPool !== undefined && isLarger(spec.resources.pool, largestPool, deps.pools))
    throw new ExecutorError({
      code: 'PERMISSION_DENIED',
      reason: 'POOL_NOT_ALLOWED',
      message: `the step needs the pool ${spec.resources.pool}, and the policy allows none larger than ${largestPool}; ask for less`,
      metadata: { pool: spec.resources.pool, largest_pool: largestPool },
    });
  if (stepsInFlight === undefined || deps.isKnown(spec)) return;
  const { tenant } = spec.key;
  let open = 0;
  for (const { key, state } of deps.steps()) if (key.tenant === tenant && !isFinal(state)) open += 1;
  if (open < stepsInFlight) return;
  throw new ExecutorError({
    code: 'RESOURCE_EXHAUSTED',
    reason: 'TOO_MANY_STEPS',
    message: `the tenant ${tenant} has ${open} steps that are not over, and the policy allows ${stepsInFlight}; wait for one to end`,
    metadata: { steps: String(open), most: String(stepsInFlight) },
  });
}

function isLarger(name: string, limit: string, { pools }: Pools): boolean {
  const [pool, largest] = [name, limit].map((wanted) => pools.find((one) => one.name === wanted));
  // A limit whose pool is not there any more allows none that can be compared.
  return pool === undefined || largest === undefined || comparePools(pool, largest) > 0;
}
