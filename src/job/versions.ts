import { isNewer, noVersion, type Versions } from '../step/mark.ts';
import type { JobFacts } from './facts.ts';
import type { Observation } from './observation.ts';

/**
 * Where the newest objects of a Job stand once an observation is among the facts. Undefined for one that only tells that something is
 * missing: what a list does not show any more has gone at some time before it.
 */
export function versions(
  before: JobFacts | undefined,
  facts: JobFacts,
  observation: Observation,
): Versions | undefined {
  const pods = facts.pods.reduce((newest, pod) => newer(pod.version, newest), noVersion);
  const jobs = facts.version === '' ? noVersion : facts.version;
  switch (observation.kind) {
    case 'job':
    case 'pod':
      return { jobs, pods };
    case 'pod-gone': {
      // A deletion that was watched has a version of its own.
      const known = before?.pods.find((p) => p.view.uid === observation.pod.uid)?.version;
      return known === observation.version ? undefined : { jobs, pods };
    }
    case 'job-gone':
      return observation.version === undefined ? undefined : { jobs: newer(observation.version, jobs), pods };
    // Events and nodes are watched apart, and stand in no order with the objects.
    case 'events':
    case 'log-tail':
    case 'node':
    case 'unrecordable':
    case 'no-more-pods':
      return undefined;
    default: {
      const never: never = observation;
      return never;
    }
  }
}

const newer = (a: string, b: string): string => (isNewer(a, b) ? a : b);
