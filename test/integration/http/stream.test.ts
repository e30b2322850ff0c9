import { execFile, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { create, toBinary } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { expect, onTestFinished, test } from 'vitest';
import {
  ExecutorService,
  WatchStepResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { BadRequestSchema, ErrorInfoSchema } from '../../../gen/google/rpc/error_details_pb.js';
import { ExecutorError, invalidRequest } from '../../../src/step/errors.ts';
import { envelope } from '../rpc/bare-client.ts';
import { until } from '../rpc/client.ts';
import { aborted, heartbeat, stepNamed } from '../rpc/harness.ts';
import { ask, askJson, PATH, startHttp } from './harness.ts';

const TRANSPORTS = [
  [
    'Connect, binary',
    (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: true }),
  ],
  [
    'Connect, JSON',
    (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: '1.1', useBinaryFormat: false }),
  ],
  ['gRPC-Web', (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: '1.1' })],
] as const;

for (const [name, transport] of TRANSPORTS) {
  test(`${name}: unary calls, streams and errors with details`, async () => {
    const { base, ended } = await startHttp({
      getStep: async (request) => stepNamed(request.key?.stepId ?? ''),
      submitStep: async () => {
        throw invalidRequest([{ field: 'key', message: 'missing' }]);
      },
      watchStep: async function* () {
        yield heartbeat('1');
        yield heartbeat('2');
        throw new ExecutorError({ code: 'UNAVAILABLE', reason: 'DRAINING', message: 'go' });
      },
    });
    const client = createClient(ExecutorService, transport(base));
    expect((await client.getStep({ key: { stepId: 's' } })).step?.key?.stepId).toBe('s');
    const refused = await client.submitStep({}).catch((error) => error);
    expect(refused.code).toBe(3);
    expect(refused.findDetails(BadRequestSchema)[0].fieldViolations).toMatchObject([
      { field: 'key', description: 'missing' },
    ]);
    const cursors: string[] = [];
    const end = await (async () => {
      for await (const frame of client.watchStep({})) cursors.push(frame.cursor);
    })().catch((error) => error);
    expect(cursors).toEqual(['1', '2']);
    expect(end.code).toBe(14);
    expect(end.findDetails(ErrorInfoSchema)).toMatchObject([
      { reason: 'DRAINING', domain: 'glip.greenlang.io' },
    ]);
    expect(ended.map((each) => each.code)).toEqual(['OK', 'INVALID_ARGUMENT', 'UNAVAILABLE']);
    expect(new Set(ended.map((each) => each.protocol))).toEqual(
      new Set([name === 'gRPC-Web' ? 'grpc-web' : 'connect']),
    );
  });
}

test.for([
  ['application/proto', Buffer.from('garbage')],
  ['application/connect+proto', envelope(Buffer.from('garbage'))],
  ['application/connect+json', envelope(Buffer.from('garbage'))],
  ['application/grpc-web+proto', envelope(Buffer.from('garbage'))],
  ['application/grpc-web', envelope(Buffer.from('garbage'))],
] as const)('garbage in %s is invalid_argument and not internal', async ([type, body]) => {
  const { port, defects } = await startHttp({ getStep: async () => stepNamed('x') });
  const method = type.includes('connect') ? 'WatchStep' : 'GetStep';
  const answer = await ask(port, { path: `${PATH}/${method}`, headers: { 'content-type': type }, body });
  const text = answer.body.toString();
  expect(
    type.includes('grpc-web') ? text.includes('grpc-status: 3') : text.includes('"code":"invalid_argument"'),
  ).toBe(true);
  expect(text.toLowerCase()).not.toContain('internal');
  expect(defects).toEqual([]);
});

test.for(['application/grpc-web+proto', 'application/connect+proto'])(
  'broken envelopes in %s get an error',
  async (type) => {
    const { port } = await startHttp({ getStep: async () => stepNamed('x') });
    for (const body of [
      Buffer.from([0, 0, 0]),
      Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]),
      Buffer.from([0, 0, 0, 0, 9, 1]),
      // More than the envelope says; compressed, and nothing says how; flags of an answer, and of nothing.
      Buffer.from([0, 0, 0, 0, 1, 16, 1]),
      Buffer.from([1, 0, 0, 0, 0]),
      Buffer.from([2, 0, 0, 0, 0]),
      Buffer.from([0xab, 0, 0, 0, 0]),
    ]) {
      const answer = await ask(port, { path: `${PATH}/WatchStep`, headers: { 'content-type': type }, body });
      expect(answer.body.toString()).toMatch(/invalid_argument|resource_exhausted|grpc-status: (3|8)/);
    }
  },
);

test('gRPC-Web as a browser library sends it', async () => {
  const { port } = await startHttp({
    watchStep: async function* () {
      yield heartbeat('one');
    },
  });
  const answer = await ask(port, {
    path: `${PATH}/WatchStep`,
    headers: { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1' },
    body: envelope(Buffer.alloc(0)),
  });
  expect(answer.status).toBe(200);
  const frame = envelope(
    toBinary(WatchStepResponseSchema, create(WatchStepResponseSchema, heartbeat('one'))),
  );
  expect(answer.body.subarray(0, frame.byteLength)).toEqual(frame);
  expect(answer.body[frame.byteLength]).toBe(0x80);
  expect(answer.body.subarray(frame.byteLength + 5).toString()).toContain('grpc-status: 0');
});

test('curl watches a step: plain JSON in, one frame a line out, as they come', async () => {
  let release: (() => void) | undefined;
  const { base } = await startHttp({
    watchStep: async function* (request) {
      yield heartbeat(`first of ${request.key?.stepId}`);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      yield heartbeat('second');
    },
  });
  const curl = spawn('curl', [
    '-sN',
    '-H',
    'content-type: application/json',
    '-d',
    '{"key":{"stepId":"s"}}',
    `${base}${PATH}/WatchStep`,
  ]);
  onTestFinished(() => void curl.kill());
  let out = '';
  curl.stdout.on('data', (chunk) => {
    out += chunk;
  });
  await until('the first line comes while the stream is open', () => out.includes('\n'));
  expect(out).toBe('{"heartbeat":{},"cursor":"first of s"}\n');
  release?.();
  const code = await new Promise((resolve) => curl.on('close', resolve));
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    '{"heartbeat":{},"cursor":"first of s"}',
    '{"heartbeat":{},"cursor":"second"}',
    '',
  ]);
});

test('curl sees an error that comes first as an HTTP status, and a later one as the last line', async () => {
  const { port } = await startHttp({
    watchStep: async function* (request) {
      if (request.key === undefined)
        throw new ExecutorError({ code: 'NOT_FOUND', reason: 'STEP_UNKNOWN', message: 'no such step' });
      yield heartbeat('1');
      throw new ExecutorError({ code: 'UNAVAILABLE', reason: 'DRAINING', message: 'go' });
    },
  });
  const first = await askJson(port, 'WatchStep', {});
  expect(first.status).toBe(404);
  expect(first.json()).toMatchObject({ error: { code: 'not_found', message: 'no such step' } });
  const later = await askJson(port, 'WatchStep', { key: {} });
  expect(later.status).toBe(200);
  expect(later.headers['content-type']).toBe('application/x-ndjson');
  const [frame, end] = later.body
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(frame).toEqual({ heartbeat: {}, cursor: '1' });
  expect(end).toMatchObject({
    error: { code: 'unavailable', details: [{ debug: { reason: 'DRAINING' } }, {}] },
  });
  expect((await askJson(port, 'WatchStep', '{"kei":1}')).json()).toMatchObject({
    error: { code: 'invalid_argument' },
  });
});

test('curl calls a unary method', async () => {
  const { base } = await startHttp({ getStep: async () => stepNamed('x') });
  const out = await new Promise<string>((resolve, reject) =>
    execFile(
      'curl',
      ['-sf', '-H', 'content-type: application/json', '-d', '{}', `${base}${PATH}/GetStep`],
      (error, stdout) => (error ? reject(error) : resolve(stdout)),
    ),
  );
  expect(out).toBe('{"step":{"key":{"stepId":"x"}}}');
});

/** A socket that sends a watch and reads nothing. */
function stuckWatch(port: number) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(
    `POST ${PATH}/WatchStep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  );
  onTestFinished(() => void socket.destroy());
  return socket;
}

test('a reader that never reads pauses its generator, and the generator is left when the reader goes', async () => {
  let pulled = 0;
  let left = false;
  const { port, ended } = await startHttp({
    getStep: async () => stepNamed('x'),
    watchStep: async function* () {
      try {
        for (;;) {
          pulled += 1;
          yield heartbeat('x'.repeat(1_000_000));
        }
      } finally {
        left = true;
      }
    },
  });
  const socket = stuckWatch(port);
  let before = -1;
  await until('the stream has come to rest', () => {
    const rests = pulled > 0 && pulled === before;
    before = pulled;
    return rests;
  });
  for (let i = 0; i < 20; i++) expect((await askJson(port, 'GetStep', {})).status).toBe(200);
  // What the sockets hold on loopback, and a chunk or two of ours.
  expect(pulled).toBeLessThan(20);
  expect(left).toBe(false);
  socket.destroy();
  await until('the generator is left', () => left);
  await until('the end is observed', () => ended.some((end) => end.kind === 'stream'));
  expect(ended.find((end) => end.kind === 'stream')).toMatchObject({ code: 'CANCELLED' });
});

test('a client that leaves while the handler waits aborts it', async () => {
  let reason: unknown;
  const { port } = await startHttp({
    watchStep: async function* (_request, context) {
      yield heartbeat('1');
      reason = await aborted(context);
    },
  });
  const socket = stuckWatch(port);
  socket.resume();
  await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  await until('the handler is told', () => reason !== undefined);
  expect(reason).toMatchObject({ code: 'CANCELLED' });
});
