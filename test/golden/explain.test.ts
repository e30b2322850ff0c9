import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { explain } from '../../src/cli/explain/explanation.ts';
import { renderExplanation } from '../../src/cli/explain/render.ts';
import { withoutColour } from '../../src/cli/paint.ts';
import { length } from '../../src/cli/paragraph.ts';
import { stepToProto } from '../../src/rpc/to-proto.ts';
import type { Step } from '../../src/step/step.ts';
import { replay } from './replay.ts';
import { type RecordedEvent, readOwnTimeline, readTimeline } from './timeline.ts';

/** What happened, where it was recorded, and, of a step that is shown while it waits, for what. */
interface Shown {
  readonly title: string;
  readonly events: readonly RecordedEvent[];
  readonly waitsFor?: string;
}

const shown: readonly Shown[] = [
  { title: 'Too little memory', events: readTimeline('oomkilled') },
  { title: 'The agent refuses an input', events: readTimeline('exit3') },
  { title: 'An agent that runs too long', events: readTimeline('deadline-pod') },
  { title: 'A command that is not in the image', events: readTimeline('bad-command') },
  { title: 'An image that is not there', events: readTimeline('image-404'), waitsFor: 'ImageNotFound' },
  { title: 'No machine has room', events: readTimeline('unschedulable'), waitsFor: 'Unschedulable' },
  { title: 'It writes too much', events: readTimeline('ephemeral-emptydir') },
  { title: 'Its machine is emptied for maintenance', events: readTimeline('evicted-api') },
  { title: 'Somebody deletes it by hand', events: readTimeline('job-deleted-background') },
  { title: 'Its machine is lost', events: readTimeline('node-deleted') },
  { title: 'It was cancelled, and saved its work', events: readOwnTimeline('cancelled-partial') },
];

const document = new URL('../../docs/explain.md', import.meta.url);
const section = /(<!-- screens: [^>]*-->\n)[\s\S]*?(<!-- \/screens -->)/;
const clock = (time: number): string => new Date(time).toISOString().slice(11, 19);

function stepOf({ title, events, waitsFor }: Shown): Step {
  const { steps, told } = replay(events);
  const all = [...told.values()].flat().map(({ event }) => event.step);
  const step =
    waitsFor === undefined ? [...steps.values()][0] : all.find((s) => s.waiting?.reason === waitsFor);
  if (step === undefined) throw new Error(`${title}: there is no such step in the recording`);
  return step;
}

/** The screen as a person sees it three minutes later. */
function screenOf(one: Shown): string {
  const step = stepToProto(stepOf(one), true);
  const last = step.timeline.at(-1)?.time?.seconds ?? 0n;
  const now = (Number(last) + 180) * 1_000;
  return renderExplanation(explain(step, now), step, { width: 80, paint: withoutColour, clock }, now);
}

test.each(shown)('$title: the screen fits 80 columns, and says what to do', (one) => {
  const screen = screenOf(one);
  for (const line of screen.split('\n')) expect(length(line), line).toBeLessThanOrEqual(80);
  expect(screen).toMatch(/\nWhat happened\n {2}\S/);
  expect(screen).toMatch(/\nWhat to do\n {2}- \S/);
});

test('docs/explain.md shows them', () => {
  const screens = shown.map((one) => `### ${one.title}\n\n\`\`\`\n${screenOf(one)}\`\`\`\n`);
  const text = readFileSync(document, 'utf8');
  const wanted = text.replace(
    section,
    (_, begin: string, end: string) => `${begin}\n${screens.join('\n')}\n${end}`,
  );
  if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(document, wanted);
  else expect(text).toBe(wanted);
});
