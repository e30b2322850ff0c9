import { expect, test } from 'vitest';
import { withAnswers } from '../../../src/app/answers.ts';
import { jobInterpretation } from '../../../src/job/interpretation.ts';
import type { Observation } from '../../../src/job/observation.ts';
import { createRegistry } from '../../../src/step/registry.ts';
import { aJob, aPod } from '../job/build.ts';

test('what a call has returned is shown to the registry first, and then to the views', () => {
  const registry = createRegistry({ interpretation: jobInterpretation, now: () => 0 });
  const met: Observation[] = [];
  const answered = withAnswers(registry, (observation) => {
    expect(registry.byJob('job-1')).toBeDefined();
    met.push(observation);
  });
  const seen: readonly Observation[] = [
    { kind: 'job', job: aJob(), version: '1' },
    { kind: 'pod', pod: aPod(), version: '2' },
  ];
  for (const observation of seen) answered.apply(observation);
  expect(met).toEqual(seen);
  expect(answered.byJob('job-1')?.phase).toBe('PULLING_IMAGE');
  expect(answered.size).toBe(1);
  expect([...answered.steps()]).toEqual([registry.byJob('job-1')]);
});
