import { expect, test } from 'vitest';
import { annotation } from '../../../src/job/metadata.ts';
import type { Sight } from './observer.ts';
import { createStarts, wrongWith } from './starts.ts';

const pod = (
  uid: string,
  more: { node?: string; state?: object; phase?: string; type?: Sight['type'] } = {},
): Sight => ({
  type: more.type ?? 'MODIFIED',
  object: {
    metadata: { uid, ownerReferences: [{ uid: 'job' }] },
    spec: { nodeName: more.node },
    status: { phase: more.phase ?? 'Pending', containerStatuses: more.state && [{ state: more.state }] },
  },
});

const job = (annotations: Readonly<Record<string, string>>, conditions: readonly object[] = []): Sight => ({
  type: 'MODIFIED',
  object: { metadata: { uid: 'job', annotations }, status: { conditions } },
});

const recorded = (state: string, mayHaveStarted: boolean) => {
  const outcome = { reason: 'R', message: '', exitMeaning: '', mayHaveStarted, agentReportJson: '' };
  const record = { version: 1, image: '', timeline: [], end: { state, time: 1, incarnation: 0, outcome } };
  return job({ [annotation.record]: JSON.stringify(record) });
};

const chosen = (uid: string) => job({ [annotation.chosenPod]: uid });
const runs = { running: { startedAt: '2026-11-23T12:00:05Z' } };

/** What is wrong after these. */
function wrong(...sights: readonly Sight[]): readonly string[] {
  const starts = createStarts();
  for (const sight of sights) {
    if ('spec' in sight.object) starts.sawPod(sight);
    else starts.sawJob(sight);
  }
  return wrongWith(starts.of('job'));
}

test('a step whose chosen pod alone had a node is in order, whatever the others were', () => {
  const sights = [
    pod('a'),
    chosen('a'),
    pod('a', { node: 'n' }),
    pod('a', { node: 'n', state: runs }),
    pod('b'),
  ];
  expect(wrong(...sights, recorded('SUCCEEDED', true))).toEqual([]);
});

test.for([
  [
    'two pods had a node',
    [chosen('a'), pod('a', { node: 'n' }), pod('a', { type: 'DELETED' }), pod('b', { node: 'n' })],
    /2 of its pods/,
  ],
  [
    'another one than the chosen had',
    [chosen('a'), pod('b', { node: 'n' })],
    /b had a node and was not chosen/,
  ],
  ['the choice has changed', [chosen('a'), chosen('b')], /2 pods were chosen/],
  [
    'it has started, and the end says never',
    [chosen('a'), pod('a', { node: 'n', state: runs }), recorded('FAILED', false)],
    /nothing has started/,
  ],
  ['it has succeeded without a start', [recorded('SUCCEEDED', true)], /SUCCEEDED, and nothing/],
] as const)('is wrong: %s', ([, sights, words]) => {
  expect(wrong(...sights).join()).toMatch(words);
});

test('a Job is over when its controller says so, and none of its pods waits', () => {
  const starts = createStarts();
  starts.sawPod(pod('a', { type: 'ADDED' }));
  expect([...starts.of('job').waiting]).toEqual(['a']);
  expect(starts.of('job').finished).toBe(false);
  starts.sawPod(pod('a', { phase: 'Failed' }));
  starts.sawJob(job({}, [{ type: 'Failed', status: 'True' }]));
  expect(starts.of('job')).toMatchObject({ finished: true, pods: 1 });
  expect([...starts.of('job').waiting]).toEqual([]);
});
