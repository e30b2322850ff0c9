import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { type Layout, layHanging } from '../layout.ts';
import { toneOf } from '../paint.ts';
import { age, timeOf } from '../step-words.ts';
import type { Explanation } from './explanation.ts';

/** The screen of one step; ends with a newline. */
export function renderExplanation(
  said: Explanation,
  step: Step,
  { width, paint, clock }: Layout,
  now: number,
): string {
  const last = step.timeline.at(-1);
  const moved = last && timeOf(last);
  const ago = moved === undefined ? '' : `   ${age(now - moved)} ago`;
  const indented = (text: string, mark = ''): string => layHanging(`  ${mark}`, text, 2 + mark.length, width);
  const part = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? '' : `\n${paint(title, 'faint')}\n${lines.join('')}`;
  const cut = (text: string): string => `  | ${[...text].slice(0, Math.max(20, width - 4)).join('')}\n`;
  return [
    `${said.key}   ${paint(said.state, toneOf(step))}${ago}\n`,
    part(
      'What happened',
      said.what.map((text) => indented(text)),
    ),
    part('Why', said.why === '' ? [] : [indented(said.why)]),
    part(
      'When',
      said.when.map(({ time, what }) => indented(`${clock(Date.parse(time))}  ${what}`)),
    ),
    part(
      'What to do',
      said.todo.map((text) => indented(text, '- ')),
    ),
    part('What the agent left', said.output.map(cut)),
    part('What the cluster said', said.events.map(cut)),
    part(
      'More',
      said.more.map((text) => `  ${text}\n`),
    ),
  ].join('');
}
