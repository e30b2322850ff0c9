import type { Observation } from '../job/observation.ts';
import type { Registry } from '../step/registry.ts';

/** Whose step a Job is: tenants take their turns one after the other, so that one with thousands of steps holds up itself alone. */
export const tenantOf =
  (registry: Pick<Registry<Observation>, 'byJob'>) =>
  (jobUid: string): string | undefined =>
    registry.byJob(jobUid)?.key.tenant;
