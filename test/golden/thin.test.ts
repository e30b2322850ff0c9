import { expect, test } from 'vitest';
import { thinned, whole } from './thin.ts';

const event = (uid: string, spec: unknown, metadata: object = {}, status: object = {}) => ({
  object: { metadata: { uid, ...metadata }, spec, status },
});

const events = [
  event('a', { n: 1 }, { annotations: { x: '1' }, finalizers: ['f'] }, { phase: 'Pending' }),
  event('b', { n: 2 }),
  event('a', { n: 1 }, { annotations: { x: '1' }, finalizers: ['f'] }, { phase: 'Running' }),
  event('a', { n: 1 }, { annotations: { x: '2' } }, { phase: 'Running' }),
  event('a', { n: 3 }, { annotations: { x: '2' } }),
];

test('what is as it was before is left out', () => {
  const [, other, again, edited] = thinned(events);
  expect(other).toEqual(events[1]);
  expect(again).toEqual({ object: { metadata: { uid: 'a' }, status: { phase: 'Running' } } });
  expect(edited).toEqual({
    object: { metadata: { uid: 'a', annotations: { x: '2' }, finalizers: null }, status: {} },
  });
});

test('and comes back', () => {
  expect(whole(thinned(events))).toEqual(events);
});
