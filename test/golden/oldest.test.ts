import { describe, expect, test } from 'vitest';
import { annotation } from '../../src/job/metadata.ts';
import { describeAnyOrder, end } from './any-order.ts';
import { asOldest } from './as-oldest.ts';
import { expectGolden } from './golden.ts';
import { replay } from './replay.ts';
import { cases, oldestCases, type RecordedEvent, readOldestTimeline, readTimeline } from './timeline.ts';
import { toldOf } from './told.ts';

const asShown = (name: string) => readTimeline(name).map(asOldest);

describe('as Kubernetes 1.30 would have shown it, a recorded life ends as it does on a newer one', () => {
  test.each(cases)('%s', (name) => {
    const { steps } = replay(asShown(name));
    const newer = replay(readTimeline(name)).steps;
    const ends = (of: typeof steps) => [...of].map(([uid, step]) => [uid, end(step)]);
    expect(ends(steps)).toEqual(ends(newer));
  });

  test('and many of them are shown otherwise', () => {
    const otherwise = cases.filter(
      (name) => JSON.stringify(asShown(name)) !== JSON.stringify(readTimeline(name)),
    );
    expect(otherwise.length).toBeGreaterThan(30);
  });
});

describeAnyOrder(cases, asShown);

/** As if nobody had recorded the end: it must be found again in what the cluster shows. */
const unrecorded = (name: string): readonly RecordedEvent[] =>
  readOldestTimeline(name).map((event) => {
    const { annotations = {} } = event.object.metadata;
    const { [annotation.record]: _, ...rest } = annotations;
    const { metadata } = event.object;
    return { ...event, object: { ...event.object, metadata: { ...metadata, annotations: rest } } };
  });

describe('recorded of Kubernetes 1.30 itself', () => {
  test.each(oldestCases)('%s', (name) => {
    const events = unrecorded(name);
    expectGolden(new URL(`./testdata/own-1.30/${name}.golden.json`, import.meta.url), toldOf(events));
  });
});

describeAnyOrder(oldestCases, unrecorded);
