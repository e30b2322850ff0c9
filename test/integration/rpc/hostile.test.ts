import { randomBytes } from 'node:crypto';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import {
  endHeaders,
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
import { aborted, heartbeat, METHODS, type Started, startServer, stepNamed } from './harness.ts';

function started(): Promise<Started> {
  return startServer({
    getStep: async () => stepNamed('alive'),
    watchStep: async function* (_request, context) {
      yield heartbeat('first');
      await aborted(context);
    },
  });
}

async function stillServes({ newClient, server }: Started): Promise<void> {
  expect((await newClient().unary(METHODS.getStep)).step?.key?.stepId).toBe('alive');
  await until('nothing is left open', () => server.openCalls === 0);
}

const EMPTY = envelope(Buffer.alloc(0));

test.for([
  ['an HTTP/1.1 request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['noise', randomBytes(100_000)],
  [
    'a preface and then noise',
    Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), randomBytes(100_000)]),
  ],
  ['half a preface', Buffer.from('PRI * HTT')],
] as const)('%s on the socket harms nobody', async ([, bytes]) => {
  const server = await started();
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  await stillServes(server);
});

test.for([
  ['garbage of the right length', envelope(randomBytes(4_000)), {}, '3'],
  ['no message at all', Buffer.alloc(0), {}, '12'],
  ['two messages', Buffer.concat([EMPTY, EMPTY]), {}, '12'],
  ['ten thousand messages', Buffer.concat(Array.from({ length: 10_000 }, () => EMPTY)), {}, '12'],
  ['a length of 4 GiB', Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), {}, '8'],
  ['flags that mean nothing', envelope(Buffer.alloc(0), 0xff), {}, '0'],
  ['an encoding that is unknown', envelope(Buffer.alloc(3), 1), { 'grpc-encoding': 'zip' }, '12'],
  // grpc-js by itself says INTERNAL, as if the fault were ours.
  ['what is not gzip', envelope(randomBytes(100), 1), { 'grpc-encoding': 'gzip' }, '3'],
  [
    'gzip that is cut off',
    envelope(gzipSync(randomBytes(100)).subarray(0, 60), 1),
    { 'grpc-encoding': 'gzip' },
    '3',
  ],
  ['gzip of garbage', envelope(gzipSync(randomBytes(100)), 1), { 'grpc-encoding': 'gzip' }, '3'],
] as const)('a unary call with %s gets a status', async ([, body, headers, code]) => {
  const server = await started();
  const call = bareCall(bareSession(server.port), 'GetStep', headers);
  call.end(body);
  expect(await ending(call)).toMatchObject({ 'grpc-status': code });
  await stillServes(server);
});

test('a message that is cut off gets a status', async () => {
  const server = await started();
  const call = bareCall(bareSession(server.port), 'GetStep');
  call.end(Buffer.from([0, 0, 0, 1, 0, 1, 2, 3]));
  expect(await ending(call)).toMatchObject({ 'grpc-status': '12' });
  await stillServes(server);
});

test.for([
  ['not gRPC', { 'content-type': 'text/html' }, { ':status': 415 }],
  ['to a path of strange bytes', { ':path': '/%ff%00/\u00ff\u00fe' }, { 'grpc-status': '12' }],
  ['to a path of 10,000 characters', { ':path': `/${'x'.repeat(10_000)}` }, { 'grpc-status': '12' }],
  ['to a property of all objects', { ':path': '/__proto__' }, { 'grpc-status': '12' }],
  ['with a GET', { ':method': 'GET' }, {}],
  ['with binary metadata that is not base64', { 'x-bin': '%%%' }, { 'grpc-status': '0' }],
] as const)('a call that is %s gets an answer', async ([, headers, want]) => {
  const server = await started();
  const call = bareCall(bareSession(server.port), 'GetStep', headers);
  if (!call.writableEnded) call.end(EMPTY);
  expect(await ending(call)).toMatchObject(want);
  await stillServes(server);
});

test('calls that are reset before their message is whole never reach a handler', async () => {
  const server = await started();
  const session = bareSession(server.port);
  for (let i = 0; i < 500; i++) {
    const call = bareCall(session, 'WatchStep');
    call.write(EMPTY.subarray(0, 3));
    call.close(constants.NGHTTP2_CANCEL);
  }
  await stillServes(server);
  expect(server.ended.map((end) => end.method)).toEqual(['glip.executor.v1.ExecutorService/GetStep']);
});

test('a connection that resets streams without end is closed, and the others are served', async () => {
  const server = await startServer(
    { getStep: async () => stepNamed('alive') },
    { limits: { streamResetBurst: 100, streamResetRate: 1 } },
  );
  const session = bareSession(server.port);
  let closed = false;
  session.on('close', () => {
    closed = true;
  });
  for (let i = 0; i < 300 && !closed; i++) {
    const call = bareCall(session, 'WatchStep');
    call.close(constants.NGHTTP2_CANCEL);
  }
  await until('the connection is closed', () => closed);
  await stillServes(server);
});

test('streams beyond the limit of a connection are not opened', async () => {
  const server = await startServer(
    {
      getStep: async () => stepNamed('alive'),
      watchStep: async function* (_request, context) {
        yield heartbeat('first');
        await aborted(context);
      },
    },
    { limits: { maxConcurrentStreams: 5 } },
  );
  const session = bareSession(server.port);
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  expect(session.remoteSettings.maxConcurrentStreams).toBe(5);
  session.destroy();
  await stillServes(server);
});

test('a peer that froze is noticed by keepalive, and its streams end', async () => {
  const server = await startServer(
    {
      getStep: async () => stepNamed('alive'),
      watchStep: async function* (_request, context) {
        yield heartbeat('first');
        await aborted(context);
      },
    },
    { limits: { keepaliveTimeMs: 50, keepaliveTimeoutMs: 100 } },
  );
  // Answers three pings, then its thread stands still with the connection open.
  const peer = new Worker(
    `const { connect } = require('node:http2');
     const { parentPort } = require('node:worker_threads');
     const session = connect(process.env.URL);
     const call = session.request({ ':method': 'POST', ':path': '/glip.executor.v1.ExecutorService/WatchStep', 'content-type': 'application/grpc', te: 'trailers' });
     call.end(Buffer.alloc(5));
     call.resume();
     let pings = 0;
     session.on('ping', () => {
       parentPort.postMessage(++pings);
       if (pings === 3) setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000));
     });`,
    { eval: true, env: { URL: `http://127.0.0.1:${server.port}` } },
  );
  onTestFinished(async () => void (await peer.terminate()));
  let pings = 0;
  let openAtPing = 0;
  peer.on('message', (count: number) => {
    pings = count;
    openAtPing = server.server.openCalls;
  });
  await until('the peer has answered three pings', () => pings === 3);
  expect(openAtPing).toBe(1);
  await until('the stream is given up', () => server.server.openCalls === 0);
  expect(server.ended).toMatchObject([{ code: 'CANCELLED' }]);
  await stillServes(server);
});

test.for([
  ['to a path that is not there', requestFields('/x')],
  [
    'that is not gRPC',
    Buffer.concat([literal(':method', 'POST'), literal(':scheme', 'http'), literal(':path', '/x')]),
  ],
  ['of a method', requestFields('/glip.executor.v1.ExecutorService/GetStep')],
] as const)('a call %s that is reset in the same breath harms nobody', async ([, fields]) => {
  const server = await started();
  const { NGHTTP2_CANCEL: code } = constants;
  const reset = frame(frameTypes.rstStream, 0, 1, Buffer.from([0, 0, 0, code]));
  await rawSocket(
    server.port,
    Buffer.concat([preface, settings(), frame(frameTypes.headers, endHeaders, 1, fields), reset]),
  );
  await stillServes(server);
});
