import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import {
  type WatchStepRequest,
  type WatchStepResponse,
  WatchStepResponseSchema,
  WatchStepsResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { type FollowEvent, follow } from '../../../src/cli/follow.ts';
import { followFleet } from '../../../src/cli/follow-fleet.ts';
import { RpcError, type StatusName } from '../../../src/cli/rpc-error.ts';
import { aStep, ended, key } from './steps.ts';

const snapshot = (step: Step, cursor: string) =>
  create(WatchStepResponseSchema, { cursor, frame: { case: 'snapshot', value: step } });
const update = (step: Step, cursor: string) =>
  create(WatchStepResponseSchema, { cursor, frame: { case: 'update', value: { step } } });
const heartbeat = (cursor: string) =>
  create(WatchStepResponseSchema, { cursor, frame: { case: 'heartbeat', value: {} } });
const goodbye = (cursor: string, ms: number) =>
  create(WatchStepResponseSchema, {
    cursor,
    frame: { case: 'goodbye', value: { retryAfter: durationFromMs(ms) } },
  });
const failure = (code: StatusName, reason = '', retryAfterMs?: number) =>
  new RpcError(code, code, { reason, metadata: {}, violations: [], retryAfterMs });
const done = ended(StepState.SUCCEEDED);

/** Streams one after the other: frames, then an error or the end. The clock moves only by sleeping. */
function aServer(...streams: (WatchStepResponse | RpcError)[][]) {
  const cursors: string[] = [];
  const sleeps: number[] = [];
  let now = 0;
  const watchStep = async function* (request: WatchStepRequest) {
    cursors.push(request.cursor);
    // Ends a follower that would never give up; its loop does not let the test's timeout in.
    if (cursors.length > 50) throw failure('PERMISSION_DENIED');
    for (const one of streams.shift() ?? [failure('UNAVAILABLE', 'DOWN', 20_000)]) {
      if (one instanceof RpcError) throw one;
      yield one;
    }
  };
  const io = {
    now: () => now,
    sleep: async (ms: number) => {
      sleeps.push(ms);
      now += ms;
    },
    random: () => 0.5,
  };
  const events: FollowEvent[] = [];
  const run = async () => {
    for await (const event of follow(key, { calls: { watchStep }, io, signal: new AbortController().signal }))
      events.push(event);
  };
  return { cursors, sleeps, events, run, kinds: () => events.map(({ kind }) => kind) };
}

test('follows to the final frame and reads no further', async () => {
  const server = aServer([snapshot(aStep(), 'a'), heartbeat('a'), update(done, 'b'), update(aStep(), 'c')]);
  await server.run();
  expect(server.kinds()).toEqual(['step', 'step']);
  expect(server.sleeps).toEqual([]);
});

test.for([
  ['UNAVAILABLE', 'DRAINING'],
  ['UNAVAILABLE', ''],
  ['INTERNAL', ''],
  ['UNKNOWN', ''],
] as const)('goes on with the cursor after %s %s', async ([code, reason]) => {
  const server = aServer(
    [snapshot(aStep(), 'a'), heartbeat('b'), failure(code, reason)],
    [heartbeat('c'), update(done, 'd')],
  );
  await server.run();
  expect(server.cursors).toEqual(['', 'b']);
  expect(server.kinds()).toEqual(['step', 'reconnecting', 'connected', 'step']);
  expect(server.sleeps).toEqual([100]);
});

test('goes on when a stream just ends', async () => {
  const server = aServer([snapshot(aStep(), 'a')], [update(done, 'b')]);
  await server.run();
  expect(server.cursors).toEqual(['', 'a']);
});

test('waits at least as long as the server asks, and longer with each failure', async () => {
  const down = [failure('UNAVAILABLE', 'X', 1000)];
  const server = aServer([snapshot(aStep(), 'a'), failure('UNAVAILABLE')], down, down, [update(done, 'b')]);
  await server.run();
  expect(server.sleeps).toEqual([100, 1200, 1400]);
});

test('a goodbye is planned: its delay is kept, and it is no failure', async () => {
  const server = aServer(
    [snapshot(aStep(), 'a'), goodbye('b', 700), failure('UNAVAILABLE')],
    [update(done, 'c')],
  );
  await server.run();
  expect(server.cursors).toEqual(['', 'b']);
  expect(server.events[1]).toMatchObject({ kind: 'reconnecting', planned: true, delayMs: 800 });
});

test('a cursor that has expired is dropped once', async () => {
  const expired = [failure('OUT_OF_RANGE', 'CURSOR_EXPIRED')];
  const server = aServer([snapshot(aStep(), 'a'), failure('UNAVAILABLE')], expired, [snapshot(done, 'z')]);
  await server.run();
  expect(server.cursors).toEqual(['', 'a', '']);
  const again = aServer(expired);
  await expect(again.run()).rejects.toMatchObject({ code: 'OUT_OF_RANGE' });
});

test.for([
  ['NOT_FOUND', 'STEP_UNKNOWN'],
  ['INVALID_ARGUMENT', 'INVALID_REQUEST'],
  ['INTERNAL', 'INTERNAL'],
  ['PERMISSION_DENIED', ''],
] as const)('%s %s is the end', async ([code, reason]) => {
  const server = aServer([failure(code, reason)]);
  await expect(server.run()).rejects.toMatchObject({ code });
  expect(server.sleeps).toEqual([]);
});

test('gives up after a minute without a frame', async () => {
  const server = aServer([snapshot(aStep(), 'a')]);
  await expect(server.run()).rejects.toMatchObject({ code: 'UNAVAILABLE', reason: 'DOWN' });
  expect(server.sleeps.reduce((a, b) => a + b)).toBeGreaterThan(60_000);
  expect(server.sleeps.length).toBeLessThan(10);
});

test('does not wait where nobody listens at the first attempt', async () => {
  const refused = new RpcError('UNAVAILABLE', 'connect ECONNREFUSED 127.0.0.1:1');
  const never = aServer([refused]);
  await expect(never.run()).rejects.toBe(refused);
  expect(never.sleeps).toEqual([]);
  const later = aServer([snapshot(aStep(), 'a'), refused], [update(done, 'b')]);
  await later.run();
  expect(later.kinds()).toContain('reconnecting');
});

test('what a stream that begins anew does not tell is gone', async () => {
  const frame = (what: 'a' | 'b' | 'synced') =>
    create(WatchStepsResponseSchema, {
      cursor: what,
      frame:
        what === 'synced'
          ? { case: 'synced', value: {} }
          : { case: 'snapshot', value: aStep({ key: { ...key, stepId: what } }) },
    });
  const streams = [
    [frame('a'), frame('b'), frame('synced'), failure('UNAVAILABLE')],
    [failure('OUT_OF_RANGE', 'CURSOR_EXPIRED')],
    [frame('b'), frame('synced')],
  ];
  const cursors: string[] = [];
  const watchSteps = async function* ({ cursor }: { cursor: string }) {
    cursors.push(cursor);
    for (const one of streams.shift() ?? [failure('PERMISSION_DENIED')]) {
      if (one instanceof RpcError) throw one;
      yield one;
    }
  };
  const told: string[] = [];
  const io = { now: () => 0, sleep: async () => undefined, random: () => 0 };
  const events = followFleet({}, { calls: { watchSteps }, io, signal: new AbortController().signal });
  await expect(async () => {
    for await (const event of events)
      if (event.kind === 'step') told.push(event.step.key?.stepId ?? '');
      else if (event.kind === 'forgotten') told.push(`${event.name} is gone`);
      else if (event.kind === 'synced') told.push('synced');
  }).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  expect(cursors).toEqual(['', 'synced', '', 'synced']);
  expect(told).toEqual(['a', 'b', 'synced', 'b', 'acme/run-7/a@0 is gone', 'synced']);
});
