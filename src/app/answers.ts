import type { Observation } from '../job/observation.ts';
import type { Registry } from '../step/registry.ts';

/**
 * The registry for those who make calls: what they show it, the views are told of too. A call may return what no view ever shows, where a
 * list takes the place of its whole life; nobody would tell that it is gone.
 */
export function withAnswers(
  registry: Registry<Observation>,
  met: (observation: Observation) => void,
): Registry<Observation> {
  return {
    ...registry,
    get size() {
      return registry.size;
    },
    apply(observation) {
      registry.apply(observation);
      met(observation);
    },
  };
}
