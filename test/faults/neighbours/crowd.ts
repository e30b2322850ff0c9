import type { Step, StepKey } from '../../../gen/glip/executor/v1/step_pb.js';
import { until as untilWithin } from '../../support/control-plane/until.ts';
import { isFinal, stateName } from '../../support/states.ts';
import { stepIn, type WatchSteps } from '../../support/watch-steps.ts';

/** What one stream has told of all steps of a tenant. */
export interface Crowd {
  /** Whether its newest word of that step fits. */
  is(key: StepKey, fits: (step: Step) => boolean): boolean;
  /** Whether it was ever told that the step waits for that reason. */
  waited(key: StepKey, reason: string): boolean;
  /** The state at its end. */
  ended(key: StepKey): string | undefined;
  until(what: string, look: () => boolean): Promise<void>;
  close(): void;
}

/** The bound is for hundreds of steps whose Jobs are tried again in growing pauses. */
const patienceMs = 600_000;

export function createCrowd(stream: WatchSteps): Crowd {
  const steps = new Map<string, Step>();
  const reasons = new Map<string, Set<string>>();
  let read = 0;
  const id = ({ runId, stepId }: StepKey) => `${runId}/${stepId}`;
  const catchUp = (): void => {
    for (; read < stream.frames.length; read += 1) {
      const step = stepIn(stream.frames[read]!);
      if (step?.key === undefined) continue;
      const of = id(step.key);
      steps.set(of, step);
      if (step.waiting !== undefined)
        reasons.set(of, (reasons.get(of) ?? new Set()).add(step.waiting.reason));
    }
  };
  return {
    is(key, fits) {
      catchUp();
      const step = steps.get(id(key));
      return step !== undefined && fits(step);
    },
    waited(key, reason) {
      catchUp();
      return reasons.get(id(key))?.has(reason) === true;
    },
    ended(key) {
      catchUp();
      const step = steps.get(id(key));
      return step !== undefined && isFinal(step) ? stateName(step) : undefined;
    },
    async until(what, look) {
      await untilWithin(what, async () => look(), { timeoutMs: patienceMs, everyMs: 100 });
    },
    close: () => stream.close(),
  };
}
