import type { JobView } from './observation.ts';

const decisions = ['FailureTarget', 'Failed', 'SuccessCriteriaMet', 'Complete'];

/** The Job controller has decided on the Job's end, and has said why: it deletes the pods before, and makes no other. */
export const isDecided = ({ conditions }: JobView): boolean =>
  conditions.some((c) => c.status === 'True' && decisions.includes(c.type));
