import type { JobView, PodView } from '../../src/job/observation.ts';
import type { Knowledge } from './knowledge.ts';
import type { Sight } from './world.ts';

/** One executor. */
export interface Replica {
  /** How often it was killed. */
  readonly restarts: number;
  readonly knowledge: Knowledge;
  /** How much of each log its views were told; -1 while they are not listed. */
  readonly jobsSeen: number;
  readonly podsSeen: number;
  /** Pods that it knows by reading alone, until its view is as far. */
  readonly adopted: readonly Sight<PodView>[];
  /** What it has under way. */
  readonly flight: Flight | undefined;
}

export type Flight =
  /** The answer of a consistent read, still on its way. Before a timeout ends the step, the Job is read as well. */
  | {
      readonly kind: 'pods';
      readonly found: readonly Sight<PodView>[];
      readonly timeout: boolean;
      readonly job: Sight<JobView> | undefined;
    }
  /** A record, still on its way: of the end that was known when it was sent. */
  | { readonly kind: 'record'; readonly of: Knowledge }
  /** The note that another life begins, likewise. */
  | { readonly kind: 'history'; readonly of: Knowledge }
  /** The choice of the pod that may start, or its opening. */
  | { readonly kind: 'start'; readonly of: Knowledge };

/** An executor that has just started. */
export const newReplica = (knowledge: Knowledge, restarts = 0): Replica => ({
  restarts,
  knowledge,
  jobsSeen: -1,
  podsSeen: -1,
  adopted: [],
  flight: undefined,
});

/** An executor that was there before the Job. */
export const oldReplica = (knowledge: Knowledge): Replica => ({
  ...newReplica(knowledge),
  jobsSeen: 0,
  podsSeen: 0,
});
