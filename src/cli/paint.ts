import { type Step, StepState } from '../../gen/glip/executor/v1/step_pb.js';

/** What a piece of text means to a reader; a colour on terminals that have one. */
export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'active' | 'faint';

const codes: Readonly<Record<Tone, string>> = {
  plain: '',
  good: '32',
  bad: '31',
  warn: '33',
  active: '36',
  faint: '2',
};

export type Paint = (text: string, tone: Tone) => string;

export const inColour: Paint = (text, tone) =>
  codes[tone] === '' ? text : `\u001b[${codes[tone]}m${text}\u001b[0m`;
export const withoutColour: Paint = (text) => text;

export function toneOf({ state }: Pick<Step, 'state'>): Tone {
  switch (state) {
    case StepState.SUCCEEDED:
      return 'good';
    case StepState.FAILED:
    case StepState.TIMED_OUT:
      return 'bad';
    case StepState.CANCELLING:
    case StepState.CANCELLED:
      return 'warn';
    case StepState.RUNNING:
      return 'active';
    default:
      return 'plain';
  }
}
