import { connect } from 'node:net';
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { HttpCallContext } from '../../../src/http/service.ts';
import { ExecutorError, invalidRequest } from '../../../src/step/errors.ts';
import { until } from '../rpc/client.ts';
import { aborted, stepNamed } from '../rpc/harness.ts';
import { ask, askJson, PATH, startHttp } from './harness.ts';

test('a handler is called with JSON, and answers in JSON', async () => {
  let context: HttpCallContext | undefined;
  const { port, ended } = await startHttp({
    getStep: async (request, given) => {
      context = given;
      return stepNamed(`${request.key?.stepId}-${request.key?.attempt}`);
    },
  });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await askJson(port, 'GetStep', { key: { stepId: 's', attempt: 2 } }, { traceparent });
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toBe('application/json');
  expect(answer.json()).toEqual({ step: { key: { stepId: 's-2' } } });
  expect(context).toMatchObject({ caller: { name: 'local' }, traceparent });
  expect(ended).toMatchObject([
    {
      method: 'glip.executor.v1.ExecutorService/GetStep',
      kind: 'unary',
      protocol: 'connect',
      code: 'OK',
      reason: '',
    },
  ]);
});

test('an error has the same details as over gRPC, readable', async () => {
  const { port, ended } = await startHttp({
    submitStep: async () => {
      throw invalidRequest([
        { field: 'key.tenant', message: 'must match' },
        { field: 'key.attempt', message: 'too large' },
      ]);
    },
  });
  const answer = await askJson(port, 'SubmitStep', {});
  expect(answer.status).toBe(400);
  const { code, message, details } = answer.json() as {
    code: string;
    message: string;
    details: { type: string; debug: unknown }[];
  };
  expect({ code, message }).toEqual({
    code: 'invalid_argument',
    message: 'key.tenant: must match; key.attempt: too large',
  });
  expect(details.map(({ type, debug }) => [type, debug])).toEqual([
    ['google.rpc.ErrorInfo', { reason: 'INVALID_REQUEST', domain: 'glip.greenlang.io' }],
    [
      'google.rpc.BadRequest',
      {
        fieldViolations: [
          { field: 'key.tenant', description: 'must match' },
          { field: 'key.attempt', description: 'too large' },
        ],
      },
    ],
  ]);
  expect(ended).toMatchObject([{ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' }]);
});

test.for([
  ['NOT_FOUND', 404],
  ['ALREADY_EXISTS', 409],
  ['PERMISSION_DENIED', 403],
  ['UNAUTHENTICATED', 401],
  ['RESOURCE_EXHAUSTED', 429],
  ['UNAVAILABLE', 503],
  ['FAILED_PRECONDITION', 400],
  ['UNIMPLEMENTED', 501],
] as const)('%s is HTTP %d', async ([code, status]) => {
  const { port } = await startHttp({
    getStep: async () => {
      throw new ExecutorError({ code, reason: 'R', message: 'm' });
    },
  });
  const answer = await askJson(port, 'GetStep', {});
  expect(answer.status).toBe(status);
  expect(answer.json()).toMatchObject({ code: code.toLowerCase(), message: 'm' });
});

test('what a handler throws by mistake is a neutral internal error, and its cause is logged', async () => {
  const { port, defects } = await startHttp({
    getStep: async () => {
      throw new Error('password is hunter2');
    },
  });
  const answer = await askJson(port, 'GetStep', {});
  expect(answer.status).toBe(500);
  expect(answer.json()).toMatchObject({ code: 'internal' });
  expect(answer.body.toString()).not.toContain('hunter2');
  expect(defects).toMatchObject([{ message: 'password is hunter2' }]);
});

test.for([
  ['half an object', '{"key":', 'in JSON'],
  ['no JSON', 'hello', 'in JSON'],
  ['nothing', '', 'in JSON'],
  ['an array', '[]', 'in JSON'],
  ['an unknown field', '{"key":{"tennant":"acme"}}', 'key "tennant" is unknown'],
  ['a wrong type', '{"key":{"attempt":"many"}}', 'attempt'],
  ['a negative attempt', '{"key":{"attempt":-1}}', 'attempt'],
  ['the same field twice', '{"key":{"tenant":"a","tenant":"b"}}', 'tenant'],
  ['nesting without end', `${'['.repeat(100_000)}`, 'in JSON'],
  ['objects without end', `${'{"key":'.repeat(100_000)}`, 'in JSON'],
] as const)('a body with %s is 400 invalid_argument with a message that helps', async ([, body, words]) => {
  const { port, defects } = await startHttp({ getStep: async () => stepNamed('x') });
  const answer = await askJson(port, 'GetStep', body);
  expect(answer.status).toBe(400);
  expect(answer.json()).toMatchObject({ code: 'invalid_argument' });
  expect(String(answer.json().message)).toContain('not a glip.executor.v1.GetStepRequest');
  expect(String(answer.json().message)).toContain(words);
  expect(JSON.stringify(answer.json().details)).toContain('INVALID_REQUEST');
  expect(defects).toEqual([]);
});

test('a body of 5 MB is resource_exhausted, and one just below 4 MiB is served', async () => {
  const { port } = await startHttp({
    getStep: async (request) => stepNamed(String(request.key?.runId.length)),
  });
  const answer = await askJson(port, 'GetStep', { key: { runId: 'x'.repeat(5_000_000) } });
  expect(answer.json()).toMatchObject({
    code: 'resource_exhausted',
    message: expect.stringContaining('4194304'),
  });
  expect(answer.status).toBe(429);
  const fits = await askJson(port, 'GetStep', { key: { runId: 'x'.repeat(4_190_000) } });
  expect(fits.json()).toEqual({ step: { key: { stepId: '4190000' } } });
});

test('a body that never ends is cut off', async () => {
  const { port } = await startHttp({}, { limits: { maxRequestBytes: 1_000 } });
  const answer = await ask(port, {
    path: `${PATH}/GetStep`,
    headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    body: Buffer.alloc(100_000, ' '),
  }).catch((error: NodeJS.ErrnoException) => error.code);
  if (typeof answer === 'object') expect(answer.headers.connection).toBe('close');
  else expect(['ECONNRESET', 'EPIPE']).toContain(answer);
});

test.for([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
] as const)('bodies in %s are read, bombs are not', async ([encoding, compress]) => {
  const { port } = await startHttp({ getStep: async (request) => stepNamed(request.key?.stepId ?? '') });
  const send = (body: Buffer) =>
    ask(port, {
      path: `${PATH}/GetStep`,
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      body,
    });
  expect((await send(compress(Buffer.from('{"key":{"stepId":"packed"}}')))).json()).toEqual({
    step: { key: { stepId: 'packed' } },
  });
  const bomb = compress(Buffer.alloc(50_000_000, ' '));
  expect(bomb.byteLength).toBeLessThan(100_000);
  expect((await send(bomb)).json()).toMatchObject({ code: 'resource_exhausted' });
  expect((await send(Buffer.from('not packed'))).json()).toMatchObject({ code: 'invalid_argument' });
  expect(
    (await send(compress(Buffer.from('{"key":{"stepId":"packed"}}')).subarray(0, -3))).json(),
  ).toMatchObject({
    code: 'invalid_argument',
  });
});

test('large answers are compressed for those who accept it', async () => {
  const { port } = await startHttp({ getStep: async () => stepNamed('x'.repeat(10_000)) });
  const answer = await askJson(port, 'GetStep', {}, { 'accept-encoding': 'gzip' });
  expect(answer.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(answer.body).byteLength).toBeGreaterThan(10_000);
});

test('a deadline ends the call and aborts its handler, one beyond 24.8 days is none', async () => {
  let reason: unknown;
  const { port, ended } = await startHttp({
    getStep: async (request, context) => {
      if (request.key !== undefined) {
        // Connect's own timer would fire after a millisecond.
        await Promise.race([aborted(context), new Promise((resolve) => setTimeout(resolve, 50))]);
        return stepNamed('x');
      }
      reason = await aborted(context);
      return new Promise<never>(() => {});
    },
  });
  const answer = await askJson(port, 'GetStep', {}, { 'connect-timeout-ms': '50' });
  expect(answer.json()).toMatchObject({ code: 'deadline_exceeded' });
  expect(reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  expect(ended).toMatchObject([{ code: 'DEADLINE_EXCEEDED' }]);
  expect((await askJson(port, 'GetStep', { key: {} }, { 'connect-timeout-ms': '9999999999' })).status).toBe(
    200,
  );
});

test('a client that disconnects aborts the handler', async () => {
  let reason: unknown;
  let entered = false;
  const { base, ended, defects } = await startHttp({
    getStep: async (_request, context) => {
      entered = true;
      reason = await aborted(context);
      throw reason;
    },
  });
  const controller = new AbortController();
  const sent = fetch(`${base}${PATH}/GetStep`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    signal: controller.signal,
  }).catch(() => {});
  await until('the handler runs', () => entered);
  controller.abort();
  await sent;
  await until('the handler is told', () => reason !== undefined);
  expect(reason).toMatchObject({ code: 'CANCELLED' });
  await until('the end is observed', () => ended.length === 1);
  expect(ended).toMatchObject([{ code: 'CANCELLED' }]);
  expect(defects).toEqual([]);
});

test('a client that disconnects while it sends is no defect', async () => {
  const { port, defects, errors } = await startHttp({ getStep: async () => stepNamed('x') });
  const socket = connect(port, '127.0.0.1');
  const head = `POST ${PATH}/GetStep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n`;
  await new Promise<void>((resolve) => socket.write(`${head}{"key"`, () => resolve()));
  await askJson(port, 'GetStep', {});
  socket.destroy();
  for (let i = 0; i < 20; i++) await askJson(port, 'GetStep', {});
  expect(defects).toEqual([]);
  expect(errors).toEqual([]);
});
