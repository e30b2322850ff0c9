import { Worker } from 'node:worker_threads';
import { create, type Message, toBinary } from '@bufbuild/protobuf';
import { expect, test, vi } from 'vitest';
import {
  ListStepsResponseSchema,
  WatchStepRequestSchema,
  type WatchStepResponse,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { ExecutorError } from '../../../src/step/errors.ts';
import { bareCall, bareSession, envelope } from './bare-client.ts';
import { collect, seen, until } from './client.ts';
import { aborted, heartbeat, METHODS, startServer } from './harness.ts';

test('frames arrive in order, and the stream ends with OK', async () => {
  const { client, ended } = await startServer({
    watchStep: async function* () {
      for (let i = 0; i < 1_000; i++) yield heartbeat(String(i));
    },
  });
  const { frames, error } = await collect(client.stream(METHODS.watchStep));
  expect(error).toBeUndefined();
  expect(frames.map((frame) => frame.cursor)).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
  await until('the end is observed', () => ended.length === 1);
  expect(ended).toMatchObject([
    { kind: 'stream', code: 'OK', method: 'glip.executor.v1.ExecutorService/WatchStep' },
  ]);
});

test('the first frame is sent at once, while the handler waits for the second', async () => {
  const { client } = await startServer({
    watchStep: async function* (_request, context) {
      yield heartbeat('first');
      await aborted(context);
    },
  });
  const stream = client.stream(METHODS.watchStep);
  const first = await new Promise<WatchStepResponse>((resolve) => stream.once('data', resolve));
  expect(first.cursor).toBe('first');
  stream.on('error', () => {});
  stream.cancel();
});

test('an error after frames comes after them, with its details', async () => {
  const { client } = await startServer({
    watchStep: async function* () {
      for (let i = 0; i < 100; i++) yield heartbeat(String(i));
      throw new ExecutorError({
        code: 'OUT_OF_RANGE',
        reason: 'CURSOR_EXPIRED',
        message: 'start without a cursor',
      });
    },
  });
  const { frames, error } = await collect(client.stream(METHODS.watchStep));
  expect(frames).toHaveLength(100);
  expect(error).toMatchObject({ code: 'OUT_OF_RANGE', info: { reason: 'CURSOR_EXPIRED' } });
});

test.for([
  [
    'throws before its first frame',
    () => {
      throw new Error('defect');
    },
  ],
  ['returns nothing that can be iterated', () => undefined as never],
  [
    'yields what cannot be serialised',
    async function* () {
      yield create(ListStepsResponseSchema) as never;
    },
  ],
] as const)('a stream whose handler %s is a neutral INTERNAL', async ([, handler]) => {
  const { client, defects } = await startServer({ watchStep: handler });
  const { error } = await collect(client.stream(METHODS.watchStep));
  expect(error).toMatchObject({ code: 'INTERNAL', info: { reason: 'INTERNAL' } });
  expect(defects).toHaveLength(1);
});

test('a generator is left when its frame cannot be serialised', async () => {
  let left = false;
  const { client } = await startServer({
    watchStep: async function* () {
      try {
        yield create(ListStepsResponseSchema) as never;
      } finally {
        left = true;
      }
    },
  });
  await collect(client.stream(METHODS.watchStep));
  await until('the generator is left', () => left);
});

test('a client that cancels aborts the signal, and the generator is left', async () => {
  let left = false;
  let reason: unknown;
  const { client, ended, server, defects } = await startServer({
    watchStep: async function* (_request, context) {
      try {
        yield heartbeat('first');
        reason = await aborted(context);
        throw new Error('thrown after the end: nobody is told');
      } finally {
        left = true;
      }
    },
  });
  const stream = client.stream(METHODS.watchStep);
  stream.on('error', () => {});
  stream.on('data', () => stream.cancel());
  await until('the generator is left', () => left);
  expect(reason).toMatchObject({ code: 'CANCELLED' });
  expect(ended).toMatchObject([{ code: 'CANCELLED' }]);
  expect(server.openCalls).toBe(0);
  expect(defects).toEqual([]);
});

test('a client that vanishes without a word is noticed, and return() is called on an iterator that still waits', async () => {
  const returned = vi.fn();
  let asked = false;
  const { target, ended } = await startServer({
    watchStep: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          asked = true;
          return new Promise<never>(() => {});
        },
        return: async () => {
          returned();
          return { done: true, value: undefined };
        },
      }),
    }),
  });
  // A thread of its own, killed with its connection open.
  const worker = new Worker(
    `const { Client, credentials, Metadata } = require('@grpc/grpc-js');
     const client = new Client(process.env.TARGET, credentials.createInsecure());
     client.makeServerStreamRequest('/glip.executor.v1.ExecutorService/WatchStep', (b) => b, (b) => b, Buffer.alloc(0));`,
    { eval: true, env: { TARGET: target } },
  );
  await until('the stream is open', () => asked);
  await worker.terminate();
  await until('return() is called', () => returned.mock.calls.length > 0);
  expect(returned).toHaveBeenCalledTimes(1);
  expect(ended).toMatchObject([{ code: 'CANCELLED' }]);
});

test('a reader that never reads pauses its own generator, holds up nobody, and costs little memory', async () => {
  const frameBytes = 64 * 1024;
  const pulled = new Map<string, number>();
  const left: string[] = [];
  const { port, client } = await startServer({
    watchStep: async function* (request) {
      const who = request.key?.tenant ?? '';
      try {
        for (let i = 0; who === 'stuck' || i < 500; i++) {
          pulled.set(who, i + 1);
          yield heartbeat(`${i}:${'x'.repeat(frameBytes)}`);
        }
      } finally {
        left.push(who);
      }
    },
  });
  const session = bareSession(port);
  const request = create(WatchStepRequestSchema, { key: { tenant: 'stuck' } });
  const stuck = Array.from({ length: 20 }, () => {
    const call = bareCall(session, 'WatchStep');
    call.end(envelope(toBinary(WatchStepRequestSchema, request)));
    return call;
  });
  await until('a stuck stream has come to rest', () => pulled.get('stuck') === 16);
  const before = process.memoryUsage().rss;

  for (let round = 0; round < 2; round++) {
    const eager = await collect(client.stream(METHODS.watchStep, { key: { tenant: 'eager' } }));
    expect(eager.frames).toHaveLength(500);
    // What grpc-js takes before it says stop. Nothing more was asked of the generator in the meantime.
    expect(pulled.get('stuck')).toBe(16);
  }
  // 20 streams of 16 frames of 64 KiB, their copies with an envelope, and what the eager reader left as garbage.
  expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);

  for (const call of stuck) call.close(8);
  await until('the paused generators are left', () => left.filter((who) => who === 'stuck').length === 20);
});

test('a slow reader gets every frame in the end', async () => {
  const { client } = await startServer({
    watchStep: async function* () {
      for (let i = 0; i < 300; i++) yield heartbeat(`${i}:${'x'.repeat(10_000)}`);
    },
  });
  const stream = client.stream(METHODS.watchStep);
  const cursors: string[] = [];
  for await (const frame of stream as AsyncIterable<WatchStepResponse>) {
    cursors.push(frame.cursor.split(':')[0] ?? '');
    if (cursors.length % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(cursors).toEqual(Array.from({ length: 300 }, (_, i) => String(i)));
});

test('a frame that goes to many followers is serialised once', async () => {
  let reads = 0;
  const frame = heartbeat('shared');
  Object.defineProperty(frame, 'cursor', {
    enumerable: true,
    get: () => {
      reads += 1;
      return 'shared';
    },
  });
  const { client } = await startServer({
    watchStep: async function* () {
      yield frame as Message as WatchStepResponse;
    },
  });
  await collect(client.stream(METHODS.watchStep));
  const once = reads;
  expect(once).toBeGreaterThan(0);
  const all = await Promise.all(Array.from({ length: 20 }, () => collect(client.stream(METHODS.watchStep))));
  expect(all.every(({ frames }) => frames[0]?.cursor === 'shared')).toBe(true);
  expect(reads).toBe(once);
});

test('1,500 streams cancelled at once on one connection leave the connection and the other streams alive', async () => {
  let open = 0;
  const { client, server } = await startServer({
    watchStep: async function* (_request, context) {
      open += 1;
      yield heartbeat('first');
      await aborted(context);
    },
  });
  const survivor = client.stream(METHODS.watchStep);
  let survivorError: unknown;
  survivor.on('data', () => {});
  survivor.on('error', (error) => {
    survivorError = error;
  });
  const codes: string[] = [];
  const streams = Array.from({ length: 1_500 }, () => {
    const stream = client.stream(METHODS.watchStep);
    stream.on('data', () => {});
    stream.on('error', (error) => codes.push(seen(error).code));
    return stream;
  });
  await until('all streams are open', () => open === 1_501);
  for (const stream of streams) stream.cancel();
  await until('all cancels are seen by the server', () => server.openCalls === 1);
  await until('all cancels are seen by the client', () => codes.length === 1_500);
  expect(new Set(codes)).toEqual(new Set(['CANCELLED']));
  const { frames } = await new Promise<{ frames: unknown[] }>((resolve) => {
    const next = client.stream(METHODS.watchStep);
    next.once('data', (frame) => {
      resolve({ frames: [frame] });
      next.cancel();
    });
    next.on('error', () => {});
  });
  expect(frames).toHaveLength(1);
  expect(survivorError).toBeUndefined();
  survivor.cancel();
});
