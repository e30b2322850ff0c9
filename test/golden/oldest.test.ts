import { describe, expect, test } from 'vitest';
import { describeAnyOrder, end } from './any-order.ts';
import { asOldest } from './as-oldest.ts';
import { replay } from './replay.ts';
import { cases, readTimeline } from './timeline.ts';

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
