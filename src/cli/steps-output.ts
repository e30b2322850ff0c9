import { type Step, StepSchema } from '../../gen/glip/executor/v1/step_pb.js';
import type { Context } from './context.ts';
import { layTable } from './layout.ts';
import { printable } from './printable.ts';
import { age, beginningOf, exitOf, nameOf, phaseName, reasonOf, stateName } from './step-words.ts';
import { plain, structured } from './structured.ts';

const head = ['KEY', 'STATE', 'AGE', 'REASON'];
const wideHead = ['KEY', 'STATE', 'AGE', 'PHASE', 'POOL', 'NODE', 'JOB', 'IMAGE', 'EXIT', 'REASON'];

/** Steps in the form of -o; one step alone is no list. A table fits the terminal, and is never cut for a program. */
export function renderSteps(steps: readonly Step[], { options, io }: Context, many: boolean): string {
  const { output } = options;
  switch (output) {
    case 'json':
    case 'yaml': {
      const values = steps.map((step) => plain(StepSchema, step));
      if (!many && values[0] === undefined) return '';
      return structured(many ? { steps: values } : values[0], output);
    }
    case 'name':
      return steps.map((step) => `${nameOf(step)}\n`).join('');
    case 'text':
    case 'wide': {
      if (steps.length === 0) return '';
      const rows = steps.map((step) => (output === 'wide' ? wideRow(step, io.now()) : row(step, io.now())));
      return layTable(
        output === 'wide' ? wideHead : head,
        rows,
        output === 'wide' ? undefined : io.stdout.columns,
      );
    }
    default: {
      const never: never = output;
      return never;
    }
  }
}

function row(step: Step, now: number): readonly string[] {
  const beginning = beginningOf(step);
  const since = beginning === undefined ? '-' : age(now - beginning);
  return [nameOf(step), stateName(step.state), since, reasonOf(step) || '-'];
}

function wideRow(step: Step, now: number): readonly string[] {
  const [key = '', state = '', since = '', reason = ''] = row(step, now);
  const job = step.job === undefined ? '' : `${step.job.namespace}/${step.job.name}`;
  const more = [phaseName(step.phase), step.pool, step.node, job, step.image].map(printable);
  return [key, state, since, ...more, exitOf(step), reason].map((cell) => cell || '-');
}
