import { type Step, StepState } from '../../gen/glip/executor/v1/step_pb.js';
import { type Layout, layTable } from './layout.ts';
import { toneOf } from './paint.ts';
import { ellipsis, wrapWords } from './paragraph.ts';
import { printable } from './printable.ts';
import type { RunRef } from './step-ref.ts';
import { age, beginningOf, isOver, reasonOf, stateName, stateWords, timeOf } from './step-words.ts';

/** What a person looks for first: trouble, then what goes on, then what is over. */
const order: readonly StepState[] = [
  StepState.FAILED,
  StepState.TIMED_OUT,
  StepState.CANCELLING,
  StepState.PENDING,
  StepState.RUNNING,
  StepState.CANCELLED,
  StepState.SUCCEEDED,
];

/** STATE, AGE and the longest of our reasons, with the gaps. */
const widthOfOthers = 46;

/** A run as a table of its steps; no line is wider than the layout, each ends with a newline. */
export function renderRun(
  { tenant, runId }: RunRef,
  steps: readonly Step[],
  { width, paint }: Layout,
  now: number,
): string {
  const sorted = [...steps].sort(
    (a, b) =>
      order.indexOf(a.state) - order.indexOf(b.state) ||
      (beginningOf(a) ?? 0) - (beginningOf(b) ?? 0) ||
      stepName(a).localeCompare(stepName(b)),
  );
  // The reason tells more than the end of a long name.
  const names = Math.max(12, width - widthOfOthers);
  const rows = sorted.map((step) => [
    ellipsis(stepName(step), names),
    stateName(step.state),
    ageOf(step, now),
    reasonOf(step) || '-',
  ]);
  const [head = '', ...lines] = layTable(['STEP', 'STATE', 'AGE', 'REASON'], rows, width)
    .split('\n')
    .slice(0, -1);
  // Painted when it is laid out: a colour has no width.
  const painted = lines.map((line, i) => {
    const step = sorted[i];
    const state = step === undefined ? '' : stateName(step.state);
    return step === undefined ? line : line.replace(` ${state} `, ` ${paint(state, toneOf(step))} `);
  });
  // Whoever writes over a screen counts its lines: none may be wrapped by the terminal.
  const title = wrapWords(`${printable(`${tenant}/${runId}`)}: ${summary(steps)}`, width);
  return [...title, paint(head, 'faint'), ...painted].map((line) => `${line}\n`).join('');
}

/** `3 steps: 1 running, 2 succeeded`. */
function summary(steps: readonly Step[]): string {
  const counts = order.flatMap((state) => {
    const count = steps.filter((step) => step.state === state).length;
    return count === 0 ? [] : [`${count} ${stateWords(state)}`];
  });
  const all = `${steps.length} step${steps.length === 1 ? '' : 's'}`;
  return counts.length === 0 ? all : `${all}, ${counts.join(', ')}`;
}

const stepName = ({ key }: Step): string =>
  printable(`${key?.stepId ?? ''}${(key?.attempt ?? 0) === 0 ? '' : `@${key?.attempt}`}`);

/** Since its beginning; of one that is over, how long it took. */
function ageOf(step: Step, now: number): string {
  const begin = beginningOf(step);
  const last = step.timeline.at(-1);
  const end = isOver(step) && last !== undefined ? timeOf(last) : now;
  return begin === undefined || end === undefined ? '-' : age(end - begin);
}
