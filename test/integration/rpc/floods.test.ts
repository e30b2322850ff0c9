import { randomBytes } from 'node:crypto';
import { constants } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { localCaller } from '../../../src/identity/caller.ts';
import { createByteBudget } from '../../../src/lib/byte-budget.ts';
import { createCallCounts } from '../../../src/policy/call-limits.ts';
import type { GrpcServerDeps } from '../../../src/rpc/server.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import {
  endHeaders,
  endStream,
  frame,
  frameTypes,
  literal,
  preface,
  requestFields,
  settings,
} from '../../support/raw-http2.ts';
import { rawSocket } from '../../support/raw-socket.ts';
import { bareCall, bareSession, ending, envelope } from './bare-client.ts';
import { until } from './client.ts';
import { aborted, heartbeat, METHODS, startServer, stepNamed } from './harness.ts';

const EMPTY = envelope(Buffer.alloc(0));
const path = '/glip.executor.v1.ExecutorService/GetStep';

async function started(deps: Partial<GrpcServerDeps> = {}) {
  const refused: string[] = [];
  const server = await startServer(
    {
      getStep: async () => stepNamed('alive'),
      watchStep: async function* (_request, context) {
        yield heartbeat('first');
        await aborted(context);
      },
    },
    { onRefused: (why) => refused.push(why), ...deps },
  );
  return {
    ...server,
    refused,
    async stillServes() {
      expect((await server.newClient().unary(METHODS.getStep)).step?.key?.stepId).toBe('alive');
    },
  };
}

/** Reason of the ErrorInfo in a status. */
const reason = (trailers: Record<string, unknown>) =>
  /[A-Z]+_[A-Z_]+/.exec(
    Buffer.from(String(trailers['grpc-status-details-bin']), 'base64').toString('latin1'),
  )?.[0];

/** A call in as many frames as its headers need. */
function callOf(fields: readonly Buffer[]): Buffer[] {
  const block = Buffer.concat([requestFields(path), ...fields]);
  const parts = Array.from({ length: Math.ceil(block.length / 16_000) }, (_, i) =>
    block.subarray(i * 16_000, (i + 1) * 16_000),
  );
  const frames = parts.map((part, i) =>
    frame(
      i === 0 ? frameTypes.headers : frameTypes.continuation,
      i === parts.length - 1 ? endHeaders : 0,
      1,
      part,
    ),
  );
  return [preface, settings(), ...frames, frame(frameTypes.data, endStream, 1, EMPTY)];
}

const reset = (code: number): string =>
  frame(frameTypes.rstStream, 0, 1, Buffer.from([0, 0, 0, code])).toString('latin1');

test('connections beyond the limit of an address are closed unread, and one that ends makes room', async () => {
  const server = await started({ limits: { connections: { all: 10, perAddress: 3 } } });
  const open = await Promise.all([1, 2, 3].map(() => rawSocket(server.port, preface, settings())));
  await until('they are served', () => open.every(({ received }) => received().length > 0));
  const late = await rawSocket(server.port, preface, settings());
  await until('it is closed', late.isClosed);
  expect(late.received()).toBe('');
  expect(server.refused).toEqual(['connections_per_address']);
  open[0]?.socket.destroy();
  let next = late;
  while (next.received() === '') {
    next = await rawSocket(server.port, preface, settings());
    await until('it is served or closed', () => next.isClosed() || next.received() !== '');
  }
});

test('connections beyond the limit of the port are closed unread', async () => {
  const server = await started({ limits: { connections: { all: 2, perAddress: 10 } } });
  await Promise.all([1, 2].map(() => rawSocket(server.port, preface, settings())));
  const late = await rawSocket(server.port, preface);
  await until('it is closed', late.isClosed);
  expect(server.refused).toEqual(['connections']);
});

test.for([
  ['nothing', []],
  ['half a preface', [preface.subarray(0, 10)]],
  ['a preface and no settings', [preface]],
] as const)('a connection that says %s is closed in time', async ([, bytes]) => {
  const server = await started({ limits: { prefaceMs: 100 } });
  const { isClosed } = await rawSocket(server.port, ...bytes);
  await until('it is closed', isClosed);
  expect(server.refused).toEqual(['preface']);
  const honest = bareSession(server.port);
  await new Promise((resolve) => honest.once('remoteSettings', resolve));
  await delay(300);
  expect(honest.destroyed).toBe(false);
});

test('a connection without a call is closed when its time is over', async () => {
  const server = await started({ limits: { idleMs: 100 } });
  const session = bareSession(server.port);
  await until('it is closed', () => session.closed || session.destroyed);
});

test.for([
  ['no message', []],
  ['a message that is not complete', [envelope(Buffer.alloc(100)).subarray(0, 50)]],
  ['a message, and no end', [EMPTY]],
] as const)('a call with %s is refused in time', async ([, messages]) => {
  const server = await started({ limits: { requestTimeMs: 100 } });
  const call = bareCall(bareSession(server.port), 'GetStep');
  for (const message of messages) call.write(message);
  const answer = await ending(call);
  expect(answer).toMatchObject({ 'grpc-status': '8', rstCode: constants.NGHTTP2_NO_ERROR });
  expect(reason(answer)).toBe('REQUEST_TOO_SLOW');
  expect(server.refused).toEqual(['slow_request']);
});

test('a watch outlives the time for its request', async () => {
  const server = await started({ limits: { requestTimeMs: 100 } });
  const call = bareCall(bareSession(server.port), 'WatchStep');
  call.end(EMPTY);
  call.resume();
  await delay(400);
  expect(call.closed).toBe(false);
  expect(server.server.openCalls).toBe(1);
});

test('a stream of requests lasts no longer', async () => {
  const server = await started({ limits: { requestTimeMs: 100 } });
  const call = bareCall(bareSession(server.port), '', {
    ':path': '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  });
  call.write(EMPTY);
  const answer = await ending(call);
  expect(answer).toMatchObject({ 'grpc-status': '8' });
  expect(reason(answer)).toBe('REQUEST_TOO_SLOW');
});

test('requests that are not complete hold no more than they may, and an address a quarter of it', async () => {
  const budget = createByteBudget(40_000);
  const server = await started({ budget });
  const session = bareSession(server.port);
  const half = envelope(Buffer.alloc(8_000)).subarray(0, 4_000);
  const held = [1, 2].map(() => bareCall(session, 'GetStep'));
  for (const call of held) call.write(half);
  await until('they are held', () => budget.held === 8_000);
  const late = bareCall(session, 'GetStep');
  late.write(half);
  const answer = await ending(late);
  expect(answer).toMatchObject({ 'grpc-status': '8' });
  expect(reason(answer)).toBe('TOO_MUCH_UNREAD');
  expect(server.refused).toEqual(['unread_bytes']);
  await server.stillServes();
  for (const call of held) call.end(Buffer.alloc(4_005));
  await Promise.all(held.map(ending));
  await until('nothing is held', () => budget.held === 0);
});

test('small requests that inflate are read a few at a time, and all are served', async () => {
  const server = await started();
  const session = bareSession(server.port);
  const bomb = envelope(gzipSync(Buffer.alloc(4 * 1024 * 1024 + 1)), 1);
  const small = envelope(gzipSync(Buffer.alloc(0)), 1);
  const call = (body: Buffer) => {
    const one = bareCall(session, 'GetStep', { 'grpc-encoding': 'gzip' });
    one.end(body);
    return ending(one);
  };
  const bombs = Array.from({ length: 40 }, () => call(bomb));
  const honest = Array.from({ length: 100 }, () => call(small));
  for (const answer of await Promise.all(bombs)) expect(answer).toMatchObject({ 'grpc-status': '8' });
  for (const answer of await Promise.all(honest)) expect(answer).toMatchObject({ 'grpc-status': '0' });
}, 60_000);

test('compressed requests that do not come keep others waiting for as long as a request may take, and no longer', async () => {
  const server = await started({ limits: { requestTimeMs: 300 } });
  const session = bareSession(server.port);
  for (let i = 0; i < 32; i++)
    bareCall(session, 'GetStep', { 'grpc-encoding': 'gzip' }).write(EMPTY.subarray(0, 3));
  const honest = bareCall(session, 'GetStep', { 'grpc-encoding': 'gzip' });
  honest.end(envelope(gzipSync(Buffer.alloc(0)), 1));
  expect(await ending(honest)).toMatchObject({ 'grpc-status': '0' });
  await until('all are refused', () => server.refused.length === 32);
});

test('calls beyond the limit are refused; probes are counted by themselves', async () => {
  const counts = createCallCounts({ all: 3, perCaller: 3 }, () => undefined);
  const server = await started({ counts, isPublic: (method) => method.startsWith('grpc.health') });
  const session = bareSession(server.port);
  const held = [1, 2, 3].map(() => bareCall(session, 'WatchStep'));
  for (const call of held) call.end(EMPTY);
  await until('they are under way', () => counts.size === 3);
  const late = bareCall(session, 'GetStep');
  late.end(EMPTY);
  const answer = await ending(late);
  expect(answer).toMatchObject({ 'grpc-status': '8' });
  expect(reason(answer)).toBe('TOO_MANY_CALLS');
  const probe = bareCall(session, '', { ':path': '/grpc.health.v1.Health/Check' });
  probe.end(EMPTY);
  expect(await ending(probe)).toMatchObject({ 'grpc-status': '0' });
  for (const call of held) call.close(constants.NGHTTP2_CANCEL);
  await until('they are over', () => counts.size === 0);
  await server.stillServes();
});

test('who is nobody is refused before a byte of the message is read', async () => {
  const budget = createByteBudget(1e9);
  let most = 0;
  const server = await started({
    budget: {
      open: (holder) => {
        const claim = budget.open(holder);
        const take = (bytes: number) => {
          most = Math.max(most, bytes);
          return claim.take(bytes);
        };
        return { ...claim, take };
      },
      held: 0,
    },
    identify: async () => {
      throw new ExecutorError({ code: 'UNAUTHENTICATED', reason: 'CREDENTIALS_MISSING', message: 'who?' });
    },
  });
  const call = bareCall(bareSession(server.port), 'SubmitStep');
  call.write(envelope(Buffer.alloc(3_000_000)));
  const answer = await ending(call);
  expect(answer).toMatchObject({ 'grpc-status': '16', rstCode: constants.NGHTTP2_NO_ERROR });
  expect(most).toBe(0);
  expect(server.ended).toMatchObject([{ code: 'UNAUTHENTICATED', reason: 'CREDENTIALS_MISSING' }]);
});

test('a caller whose identity takes its time may leave meanwhile', async () => {
  const known = Promise.withResolvers<typeof localCaller>();
  const counts = createCallCounts({ all: 3, perCaller: 3 }, () => undefined);
  const server = await started({ counts, identify: () => known.promise });
  const call = bareCall(bareSession(server.port), 'GetStep');
  call.write(EMPTY);
  await delay(50);
  call.close(constants.NGHTTP2_CANCEL);
  await delay(50);
  known.resolve(localCaller);
  await server.stillServes();
  expect(server.ended).toHaveLength(1);
  await until('nobody is counted', () => counts.size === 0);
});

test.for([
  ['16 KiB of headers', Array.from({ length: 9 }, (_, i) => literal(`x-${i}`, 'y'.repeat(2_000)))],
  ['70 KiB of headers', Array.from({ length: 35 }, (_, i) => literal(`x-${i}`, 'y'.repeat(2_000)))],
  // The same field again costs its sender a byte: https://www.rfc-editor.org/rfc/rfc7541#section-7.3
  [
    'a bomb of 90 indexed headers',
    [
      Buffer.concat([Buffer.from([0x40]), literal('x-bomb', 'y'.repeat(3_000)).subarray(1)]),
      ...Array.from({ length: 90 }, () => Buffer.from([0xbe])),
    ],
  ],
] as const)('a call with %s is refused', async ([, fields]) => {
  const server = await started();
  await rawSocket(server.port, ...callOf(fields));
  await until('it is refused', () => server.refused.length > 0);
  expect(server.refused).toEqual(['headers']);
  expect(server.ended).toMatchObject([{ code: 'RESOURCE_EXHAUSTED', reason: 'HEADERS_TOO_LARGE' }]);
  await server.stillServes();
});

test.for([['200 headers', Array.from({ length: 200 }, (_, i) => literal(`x-${i}`, 'y'))]] as const)(
  'a call with %s is reset',
  async ([, fields]) => {
    const server = await started();
    const { received } = await rawSocket(server.port, ...callOf(fields));
    await until('it is reset', () => received().includes(reset(constants.NGHTTP2_ENHANCE_YOUR_CALM)));
    expect(server.ended).toEqual([]);
    await server.stillServes();
  },
);

test.for([
  [
    'CONTINUATION',
    () => [
      frame(frameTypes.headers, 0, 1, requestFields(path)),
      ...Array.from({ length: 100 }, () => frame(frameTypes.continuation, 0, 1, literal('x', 'y'))),
    ],
  ],
  [
    'empty CONTINUATION',
    () => [
      frame(frameTypes.headers, 0, 1, requestFields(path)),
      ...Array.from({ length: 100 }, () => frame(frameTypes.continuation, 0, 1)),
    ],
  ],
  ['SETTINGS', () => Array.from({ length: 5_000 }, () => settings())],
  ['settings in one', () => [settings(...Array.from({ length: 500 }, (_, i) => [3, i] as const))]],
  ['frames that are none', () => [randomBytes(50_000)]],
] as const)('a flood of %s ends the connection, and the others are served', async ([, flood]) => {
  const server = await started();
  const { isClosed } = await rawSocket(server.port, preface, settings(), ...flood());
  await until('it is closed', isClosed);
  await server.stillServes();
  expect(server.ended).toHaveLength(1);
  expect(server.refused).toEqual(['protocol']);
});

test('a flood of PINGs whose answers nobody reads holds no memory, and the others are served', async () => {
  const server = await started();
  const { socket } = await rawSocket(server.port, preface, settings());
  socket.pause();
  onTestFinished(() => void socket.destroy());
  const flood = Buffer.concat(
    Array.from({ length: 1_000 }, () => frame(frameTypes.ping, 0, 0, Buffer.alloc(8))),
  );
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 300 && !socket.destroyed; i++) {
    socket.write(flood);
    if (i % 10 === 0) await delay(1);
  }
  await server.stillServes();
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});
