import type { Interpretation } from '../step/registry.ts';
import { classify } from './classify.ts';
import { type JobFacts, jobUidOf, merge } from './facts.ts';
import type { Graces } from './graces.ts';
import { annotation, readKey } from './metadata.ts';
import { jobName, namespaceOf } from './names.ts';
import type { JobView, Observation } from './observation.ts';
import { versions } from './versions.ts';

export interface InterpretationDeps {
  /** Of this executor's configuration. */
  readonly graces?: Graces;
  /** What the tenants' namespaces begin with; absent where a Job is believed wherever it stands. */
  readonly namespacePrefix?: string;
}

/** How the registry reads the cluster's objects. */
export const createInterpretation = ({
  graces = {},
  namespacePrefix,
}: InterpretationDeps): Interpretation<Observation, JobFacts> => ({
  jobUid: jobUidOf,
  merge,
  classify: (facts) =>
    namespacePrefix === undefined || isInPlace(facts.job, namespacePrefix)
      ? classify(facts, graces)
      : undefined,
  versions,
});

/**
 * Whether a Job stands where a submit of its step would put it. Whoever may make Jobs in some namespace can write any step's key on one:
 * that must not tell another tenant's step, nor draw its cancel to itself.
 */
function isInPlace(job: JobView | undefined, namespacePrefix: string): boolean {
  const key = readKey(job?.annotations[annotation.key]);
  if (job === undefined || key === undefined) return false;
  return job.name === jobName(key) && job.namespace === namespaceOf(namespacePrefix, key.tenant);
}

/** Without graces, and of Jobs anywhere. */
export const jobInterpretation = createInterpretation({});
