import { type Step, StepPhase, StepState, type Transition } from '../../gen/glip/executor/v1/step_pb.js';

/** Short names for assertions: `FAILED` instead of 5. */
export const stateName = ({ state }: Pick<Step, 'state'>): string => StepState[state];
export const phaseName = ({ phase }: Pick<Step, 'phase'>): string => StepPhase[phase];

/** A transition as `PHASE/STATE`; of a later life as `1:PHASE/STATE`. */
export const place = (transition: Pick<Transition, 'phase' | 'state' | 'incarnation'>): string =>
  `${transition.incarnation === 0 ? '' : `${transition.incarnation}:`}${phaseName(transition)}/${stateName(transition)}`;

export const isFinal = ({ state }: Pick<Step, 'state'>): boolean => state >= StepState.SUCCEEDED;

export const isRunning = ({ state }: Pick<Step, 'state'>): boolean => state === StepState.RUNNING;
