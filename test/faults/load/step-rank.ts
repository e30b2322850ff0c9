import { type Step, StepPhase, StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { type StepPhase as PhaseName, rank, type StepState as StateName } from '../../../src/step/state.ts';

/** Where a step is in the order in which histories grow. */
export const rankOf = ({
  incarnation,
  phase,
  state,
}: Pick<Step, 'incarnation' | 'phase' | 'state'>): number =>
  rank({ incarnation, phase: StepPhase[phase] as PhaseName, state: StepState[state] as StateName });
