import type { EpochMs } from '../step/step.ts';
import type { EventView } from './event-view.ts';
import type { NodeView } from './node-view.ts';
import type { JobView } from './observation.ts';
import type { PodFacts } from './pod-facts.ts';
import type { WaitingReason } from './reasons.ts';

/** All that a rule may look at. */
export interface WaitCase {
  readonly job: JobView;
  /** The pod that carries the step now; undefined while there is none. */
  readonly pod: PodFacts | undefined;
  /** What is known of that pod's node, if there is anything to say of it. */
  readonly node: NodeView | undefined;
  /** When the step came to wait for a pod: its Job's creation, or that of the last pod before. */
  readonly podWanted: EpochMs;
  /** Of the Job, oldest first. */
  readonly jobEvents: readonly EventView[];
  /** Of that pod, oldest first. */
  readonly podEvents: readonly EventView[];
}

/** What a rule says. */
export interface Cause {
  readonly reason: WaitingReason;
  /** For people, with the numbers that matter. */
  readonly message: string;
  /** Since when, where something tells. */
  readonly since?: EpochMs | undefined;
  /** Where a rule knows better than the reason's own. */
  readonly remedy?: string | undefined;
}

/** Undefined: the rule has nothing to say. */
export type WaitRule = (wait: WaitCase) => Cause | undefined;

/** The earliest of the times that are known. */
export function earliest(...times: readonly (EpochMs | undefined)[]): EpochMs | undefined {
  const known = times.filter((t) => t !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
