/** What an orchestrator decides on. The last four are final. */
export const stepStates = [
  'PENDING',
  'RUNNING',
  'CANCELLING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'TIMED_OUT',
] as const;
export type StepState = (typeof stepStates)[number];
export type FinalState = Extract<StepState, 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT'>;

/** Where a step is on its way, in this order. */
export const stepPhases = [
  'QUEUED',
  'SCHEDULING',
  'PULLING_IMAGE',
  'STARTING',
  'RUNNING',
  'TERMINATING',
  'FINISHED',
] as const;
export type StepPhase = (typeof stepPhases)[number];

export function isFinal(state: StepState): state is FinalState {
  return state !== 'PENDING' && state !== 'RUNNING' && state !== 'CANCELLING';
}

/** A place in a step's history. */
export interface Coordinate {
  /** 0 for the first pod; one more for each pod that replaced one. */
  readonly incarnation: number;
  readonly phase: StepPhase;
  readonly state: StepState;
}

const stateRank: Record<StepState, number> = {
  PENDING: 0,
  RUNNING: 1,
  CANCELLING: 2,
  SUCCEEDED: 3,
  FAILED: 3,
  CANCELLED: 3,
  TIMED_OUT: 3,
};

/**
 * The order in which a history grows: by incarnation, then phase, then state. All final states rank alike, above everything of their
 * incarnation: the first one that is told absorbs.
 */
export function rank(at: Coordinate): number {
  return at.incarnation * 100 + stepPhases.indexOf(at.phase) * 10 + stateRank[at.state];
}

/** Whether a rank is that of an end, of whatever life. */
export const isFinalRank = (rank: number): boolean => rank % 100 >= stepPhases.indexOf('FINISHED') * 10;
