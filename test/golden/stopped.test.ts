import { describe, expect, test } from 'vitest';
import { annotation } from '../../src/job/metadata.ts';
import type { RawObject } from '../../src/job/project.ts';
import type { Stop } from '../../src/job/stop.ts';
import { expectGolden } from './golden.ts';
import { replay } from './replay.ts';
import { cases, type RecordedEvent, readTimeline } from './timeline.ts';

const isEnded = ({ kind, object }: RecordedEvent): boolean =>
  kind === 'Job' && (object.spec as RawObject | undefined)?.activeDeadlineSeconds === 0;

/** The cases in which the Job was ended by a deadline of 0, which is how the executor ends one. */
const ended = cases.filter((name) => readTimeline(name).some(isEnded));

/** The end, had the executor itself patched the Job, with the cause in the same patch. */
function endOf(name: string, cause: Stop['cause']) {
  const events = readTimeline(name);
  const time = Date.parse(events.find(isEnded)?.ts ?? '');
  const stop: Stop = { cause, reason: 'No more needed.', requestedBy: 'tester', time };
  const annotate = (event: RecordedEvent) =>
    isEnded(event) ? { [annotation.stop]: JSON.stringify(stop) } : {};
  const { steps, told } = replay(events, { annotate });
  const [uid, step] = [...steps][0]!;
  const way = (told.get(uid) ?? []).flatMap(({ after, event: { transition: t } }) =>
    t ? [`${after}: ${t.phase} ${t.state}`] : [],
  );
  return { step, way };
}

describe('a recorded life that the executor itself has ended', () => {
  test.each(ended)('%s', (name) => {
    const [cancelled, timedOut] = [endOf(name, 'Cancel'), endOf(name, 'StartTimeout')];
    for (const { way } of [cancelled, timedOut]) {
      expect(way.findIndex((w) => w.endsWith('TERMINATING CANCELLING'))).toBe(way.length - 2);
    }
    expectGolden(new URL(`./testdata/stopped/${name}.golden.json`, import.meta.url), {
      cancelled: { state: cancelled.step.state, outcome: cancelled.step.outcome, way: cancelled.way },
      timedOut: { state: timedOut.step.state, outcome: timedOut.step.outcome, way: timedOut.way },
    });
  });

  test('is CANCELLED exactly where its end is proven', () => {
    const states = Object.fromEntries(
      ended.map((name) => [name, endOf(name, 'Cancel').step.outcome?.reason]),
    );
    const { 'lost-node-deadline-then-force-delete': lost, ...others } = states;
    expect(lost).toBe('EndUnconfirmed');
    expect(new Set(Object.values(others))).toEqual(new Set(['Cancelled']));
  });
});
