import { create, toBinary, toJson } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { StepSchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { classify } from '../../../src/job/classify.ts';
import { annotation } from '../../../src/job/metadata.ts';
import { stepToProto } from '../../../src/rpc/to-proto.ts';
import { advance } from '../../../src/step/advance.ts';
import { aJob, at, job, noMorePods, pod, runningPod, seen } from './build.ts';

const outcome = { reason: 'A', message: '', exitMeaning: '', mayHaveStarted: true, agentReportJson: '' };
const transition = {
  incarnation: 0,
  phase: 'STARTING',
  state: 'PENDING',
  reason: '',
  message: '',
  time: 1,
  observeTime: 1,
};
const end = { state: 'FAILED', time: 1, incarnation: 0, outcome };
const aRecord = (more: object) => JSON.stringify({ version: 1, image: 'x', timeline: [], end, ...more });
const aHistory = (more: object) =>
  JSON.stringify({ version: 1, incarnation: 1, reason: 'X', message: '', pods: [], timeline: [], ...more });
/** JSON has no way to write it, and yet reads it. */
const infinite = (text: string) => text.replace(/"?HUGE"?/g, '1e400');

/** Each of these made every answer fail that told of the step, and with it every stream of all steps. */
test.each([
  ['history', aHistory({ incarnation: 1e15 })],
  ['history', aHistory({ timeline: [{ ...transition, time: 1e300 }] })],
  ['history', aHistory({ timeline: [{ ...transition, incarnation: 1.5 }] })],
  ['history', aHistory({ timeline: [{ ...transition, state: 'SUCCEEDED' }] })],
  ['stop', JSON.stringify({ cause: 'Cancel', reason: '', requestedBy: '', time: 1e300 })],
  ['stop', infinite(JSON.stringify({ cause: 'Cancel', reason: '', requestedBy: '', time: 'HUGE' }))],
  ['accepted', '9000000000000000'],
  ['timeouts', '{"queue":1e300,"start":1e300,"run":1e300,"total":1e300}'],
  ['record', aRecord({ end: { ...end, time: 1e300 } })],
  ['record', aRecord({ end: { ...end, incarnation: 1e12 } })],
  ['record', aRecord({ end: { ...end, outcome: { ...outcome, exitCode: 1.5 } } })],
  ['record', aRecord({ end: { ...end, outcome: { ...outcome, exitCode: 'x' } } })],
  ['record', aRecord({ end: { ...end, outcome: { ...outcome, signal: 2 ** 31 } } })],
  ['record', aRecord({ end: { ...end, outcome: { ...outcome, startTime: 'x' } } })],
  ['record', aRecord({ pod: { uid: 5 } })],
  ['record', aRecord({ node: 5 })],
  ['record', aRecord({ timeline: [{ ...transition, observeTime: 1e300 }] })],
  [
    'record',
    aRecord({ marks: [{ kind: 'GATED', time: 1e300, observeTime: 1, incarnation: 0, detail: '' }] }),
  ],
  ['record', aRecord({ marks: [{ kind: 'GATED', time: 1, observeTime: 1, incarnation: -7, detail: '' }] })],
] as const)('a step can be told whatever its %s says: %s', (key, text) => {
  const annotations = { ...aJob().annotations, [annotation[key]]: text };
  const suspended = { suspended: true, deadlineSeconds: Number.MAX_SAFE_INTEGER };
  const views = [aJob({ annotations, replaces: true }), aJob({ annotations, ...suspended })];
  for (const facts of [
    ...views.map((v) => seen(job(v), noMorePods)),
    seen(job(views[0]!), pod(runningPod())),
  ]) {
    const step = advance(undefined, classify(facts)!, at(10)).at(-1)!.step;
    const message = create(StepSchema, stepToProto(step));
    expect(toBinary(StepSchema, message).length).toBeGreaterThan(0);
    expect(toJson(StepSchema, message)).toBeTypeOf('object');
  }
});
