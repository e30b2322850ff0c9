import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { StepSchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { annotation, printKey } from '../../../src/job/metadata.ts';
import { takeCensus } from './census.ts';
import type { EndedStep } from './run-load.ts';
import { createTally } from './tally.ts';

const key = { tenant: 't', runId: 'r', stepId: 's', attempt: 0 };
const ended = [
  { request: { key }, end: create(StepSchema, { key, job: { uid: 'u1' } }) } as unknown as EndedStep,
];
const recorded = { [annotation.key]: printKey(key), [annotation.record]: '{}' };
const job = (uid: string, annotations: object = recorded, status: object = { succeeded: 1 }) => ({
  metadata: { name: uid, uid, annotations },
  status,
});
const owned = (by: string) => ({
  metadata: { name: 'glip-x', uid: `of-${by}`, ownerReferences: [{ uid: by }] },
});

/** What is wrong with a cluster that holds these. */
async function judge(jobs: object[], pods: object[] = [owned('u1')], configmaps: object[] = [owned('u1')]) {
  const tally = createTally();
  const request = async (_: string, path: string) => {
    const kind = /\/([a-z]+)\?/.exec(path)?.[1];
    return { status: 200, body: { metadata: {}, items: { jobs, pods, configmaps }[kind ?? ''] ?? [] } };
  };
  await takeCensus({ request }, 'ns', ended, tally);
  return tally.violations;
}

describe('the census', () => {
  test('has nothing to say of one Job with its pod and its inputs', async () => {
    expect(await judge([job('u1')])).toEqual([]);
    expect(await judge([job('u1')], [], [])).toEqual([]);
  });

  test.each([
    ['no Job', [], [], [], /has 0 Jobs/],
    ['two Jobs', [job('u1'), job('u2')], [], [], /has 2 Jobs/],
    ['another Job than was told', [job('u2')], [], [], /told of the Job u1/],
    ['a Job of nobody', [job('u1'), job('u2', {})], [], [], /an orphan/],
    ['an end that is not recorded', [job('u1', { [annotation.key]: printKey(key) })], [], [], /not recorded/],
    ['a Job that started twice', [job('u1', recorded, { succeeded: 1, failed: 1 })], [], [], /had 2 pods/],
    ['two pods', [job('u1')], [owned('u1'), owned('u1')], [], /has 2 pods/],
    ['a pod without a Job', [job('u1')], [owned('gone')], [], /pods without a Job/],
    ['inputs without a Job', [job('u1')], [], [owned('gone')], /ConfigMaps without a Job/],
  ])('finds %s', async (_, jobs, pods, inputs, wrong) => {
    expect((await judge(jobs, pods, inputs)).join('\n')).toMatch(wrong);
  });
});
