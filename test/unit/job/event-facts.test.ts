import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pulls, withEvents } from '../../../src/job/event-facts.ts';
import { type EventView, projectEvent, projectEvents } from '../../../src/job/event-view.ts';
import { merge } from '../../../src/job/facts.ts';
import { aJob, anEvent, aPod, at, events, job, jobGone, pod, refusal, seen } from './build.ts';

const times = { firstTimestamp: '2026-11-23T12:00:03Z', lastTimestamp: '2026-11-23T12:00:09Z' };

describe('an Event as the API server has it', () => {
  test('of the older form', () => {
    const object = {
      metadata: { uid: 'e', namespace: 'n', resourceVersion: '7', creationTimestamp: '2026-11-23T12:00:03Z' },
      involvedObject: { kind: 'Pod', uid: 'pod-1', fieldPath: 'spec.containers{agent}' },
      type: 'Warning',
      reason: 'Failed',
      message: ' Error: ErrImagePull\n',
      count: 4,
      source: { component: 'kubelet' },
      ...times,
    };
    expect(projectEvent(object)).toEqual({
      uid: 'e',
      version: '7',
      namespace: 'n',
      about: { kind: 'Pod', uid: 'pod-1' },
      container: 'agent',
      type: 'Warning',
      reason: 'Failed',
      message: 'Error: ErrImagePull',
      count: 4,
      firstTime: at(3),
      lastTime: at(9),
      component: 'kubelet',
    });
  });

  test('of the newer form, said once and said again', () => {
    const object = {
      metadata: { creationTimestamp: '2026-11-23T12:00:05Z' },
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: '2026-11-23T12:00:04.500000Z',
      reportingComponent: 'default-scheduler',
    };
    const once = { firstTime: at(4.5), lastTime: at(4.5), count: 1, component: 'default-scheduler' };
    expect(projectEvent(object)).toMatchObject(once);
    const series = { count: 3, lastObservedTime: '2026-11-23T12:01:00.000000Z' };
    expect(projectEvent({ ...object, series })).toMatchObject({ ...once, lastTime: at(60), count: 3 });
  });

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['no lists', { metadata: [], involvedObject: 'x', series: 3, message: 7, count: '9' }],
  ])('with %s of what it should have', (_, object) => {
    expect(projectEvents([object])).toMatchObject([{ uid: '', about: { uid: '' }, message: '', count: 1 }]);
    expect(projectEvents(object)).toEqual([]);
  });

  test('with no more than a bounded message', () => {
    expect(projectEvent({ message: 'x'.repeat(99_999) }).message.length).toBe(1_024);
    const word = 'x'.repeat(99_999);
    const source = { component: word };
    const { about, type, reason, component } = projectEvent({
      reason: word,
      type: word,
      source,
      involvedObject: { kind: word },
    });
    for (const kept of [about.kind, type, reason, component]) expect(kept.length).toBe(128);
  });
});

const version = (n: number, more: Partial<EventView> = {}) =>
  anEvent({ uid: 'e', version: String(n), count: n, lastTime: at(n), ...more });

describe('what is kept of Events', () => {
  test('the newest state of each, oldest first', () => {
    const other = anEvent({ uid: 'other', lastTime: at(1) });
    expect(withEvents([version(2)], [version(3), version(1), other]).map((e) => [e.uid, e.count])).toEqual([
      ['other', 1],
      ['e', 3],
    ]);
  });

  test('the same list, when there is nothing new', () => {
    const before = [version(2)];
    expect(withEvents(before, [version(2), version(1), anEvent({ type: 'Normal', reason: 'Created' })])).toBe(
      before,
    );
  });

  test('a bounded number of each reason and object, and of all', () => {
    const many = (reason: string, about: string) =>
      Array.from({ length: 40 }, (_, n) =>
        anEvent({
          uid: `${reason}-${about}-${n}`,
          reason,
          about: { kind: 'Pod', uid: about },
          lastTime: at(n),
        }),
      );
    expect(withEvents([], many('A', 'p')).map((e) => e.lastTime)).toEqual(
      Array.from({ length: 16 }, (_, n) => at(24 + n)),
    );
    expect(
      withEvents(
        [],
        ['a', 'b', 'c', 'd', 'e'].flatMap((p) => many('A', p)),
      ).length,
    ).toBe(64);
  });

  const anyEvent = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 4 }), fc.constantFrom('A', 'B'))
    .map(([n, v, reason]) =>
      anEvent({
        uid: `${reason}-${n}`,
        reason,
        version: String(100 * v + n + (reason === 'A' ? 0 : 1_000)),
        about: { kind: 'Pod', uid: `p${n % 2}` },
        lastTime: at((n % 7) + 10 * v),
      }),
    );

  test('does not depend on the order in which they come', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 150 }), fc.integer(), (all, seed) => {
        const shuffled = fc.sample(fc.shuffledSubarray(all, { minLength: all.length }), {
          numRuns: 1,
          seed,
        })[0]!;
        const together = withEvents([], all);
        const oneByOne = shuffled.reduce<readonly EventView[]>((kept, e) => withEvents(kept, [e]), []);
        expect(oneByOne).toEqual(together);
      }),
      { numRuns: 60, seed: 20_261_123 },
    );
  });

  test('nothing of a Job that was not seen: Events of the Jobs of others come too', () => {
    expect(merge(undefined, events(refusal('quota')), 0)).toBeUndefined();
    const pods = seen(pod(aPod()));
    expect(merge(pods, events(refusal('quota')), 0)).toBe(pods);
    expect(seen(job(aJob()), jobGone, events(refusal('quota'))).events).toHaveLength(1);
  });
});

describe('when an image was pulled', () => {
  const normal = (reason: string, more: Partial<EventView> = {}) =>
    anEvent({ type: 'Normal', reason, message: `${reason} it`, container: 'agent', ...more });
  const facts = (...told: readonly EventView[]) => seen(job(aJob()), pod(aPod()), events(...told));

  test('is told by Events', () => {
    const told = facts(normal('Pulling', { firstTime: at(3) }), normal('Pulled', { firstTime: at(5) }));
    expect(pulls(told)).toEqual({ pulling: { time: at(3) }, pulled: { time: at(5), message: 'Pulled it' } });
  });

  test('is not known without them, or with those of another pod or container', () => {
    expect(pulls(facts())).toEqual({});
    expect(pulls(facts(normal('Pulled', { container: 'sidecar' })))).toEqual({});
    expect(pulls(facts(normal('Pulled', { about: { kind: 'Pod', uid: 'pod-0' } })))).toEqual({});
    expect(pulls(seen(job(aJob())))).toEqual({});
  });
});
