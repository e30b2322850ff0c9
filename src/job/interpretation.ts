import type { Interpretation } from '../step/registry.ts';
import { classify } from './classify.ts';
import { type JobFacts, jobUidOf, merge } from './facts.ts';
import type { Graces } from './graces.ts';
import type { Observation } from './observation.ts';
import { versions } from './versions.ts';

/** How the registry reads the cluster's objects, with the graces of this executor. */
export const createInterpretation = (graces: Graces): Interpretation<Observation, JobFacts> => ({
  jobUid: jobUidOf,
  merge,
  classify: (facts) => classify(facts, graces),
  versions,
});

/** Without graces. */
export const jobInterpretation = createInterpretation({});
