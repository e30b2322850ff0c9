import type { Interpretation } from '../step/registry.ts';
import { classify } from './classify.ts';
import { type JobFacts, jobUidOf, merge } from './facts.ts';
import type { Observation } from './observation.ts';
import { versions } from './versions.ts';

/** How the registry reads the cluster's objects. */
export const jobInterpretation: Interpretation<Observation, JobFacts> = {
  jobUid: jobUidOf,
  merge,
  classify,
  versions,
};
