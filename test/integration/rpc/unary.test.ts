import { gzipSync } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { ListStepsResponseSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { localCaller } from '../../../src/identity/caller.ts';
import type { CallContext } from '../../../src/rpc/handler.ts';
import { ExecutorError, invalidRequest } from '../../../src/step/errors.ts';
import { rejection } from './client.ts';
import { METHODS, startServer, stepNamed } from './harness.ts';

const KEY = { tenant: 'acme', runId: 'r', stepId: 's', attempt: 1 };

test('a handler gets the request and its context, and its answer comes back', async () => {
  let context: CallContext | undefined;
  const { client, ended } = await startServer({
    getStep: async (request, given) => {
      context = given;
      return stepNamed(request.key?.stepId ?? '');
    },
  });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await client.unary(METHODS.getStep, { key: KEY }, { metadata: { traceparent } });
  expect(answer.step?.key?.stepId).toBe('s');
  expect(context?.caller.name).toBe('local');
  expect(context?.traceparent).toBe(traceparent);
  expect(context?.signal.aborted).toBe(false);
  expect(ended).toMatchObject([
    {
      method: 'glip.executor.v1.ExecutorService/GetStep',
      kind: 'unary',
      code: 'OK',
      reason: '',
      caller: 'local',
    },
  ]);
});

test('a bad traceparent is dropped, and identify names the caller by its headers', async () => {
  let context: CallContext | undefined;
  const { client } = await startServer(
    {
      getStep: async (_request, given) => {
        context = given;
        return stepNamed('x');
      },
    },
    {
      identify: async (peer) => ({
        ...localCaller,
        name: `${peer.header('user')} at ${peer.address.split(':')[0]}`,
      }),
    },
  );
  await client.unary(METHODS.getStep, {}, { metadata: { traceparent: 'nonsense', user: 'ann' } });
  expect(context?.traceparent).toBeUndefined();
  expect(context?.caller.name).toBe('ann at 127.0.0.1');
});

test('every violation arrives with its field path', async () => {
  const violations = [
    { field: 'key.tenant', message: 'must match [a-z]+' },
    { field: 'invocation.spec.resources.cpu', message: 'is no quantity' },
    { field: 'options.pool', message: 'no pool "x"' },
  ];
  const { client, ended } = await startServer({
    submitStep: async () => {
      throw invalidRequest(violations);
    },
  });
  const error = await rejection(client.unary(METHODS.submitStep));
  expect(error).toMatchObject({
    code: 'INVALID_ARGUMENT',
    info: { reason: 'INVALID_REQUEST', domain: 'glip.greenlang.io' },
  });
  expect(error.violations).toEqual(violations.map(({ field, message }) => ({ field, description: message })));
  expect(ended).toMatchObject([{ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' }]);
});

test('an error keeps its code, reason, metadata and delay', async () => {
  const { client } = await startServer({
    getStep: async () => {
      throw new ExecutorError({
        code: 'UNAVAILABLE',
        reason: 'KUBERNETES_OVERLOADED',
        message: 'the API server asks for patience',
        metadata: { retry_in: '2.5s' },
        retryAfterMs: 2_500,
      });
    },
  });
  const error = await rejection(client.unary(METHODS.getStep));
  expect(error).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'the API server asks for patience',
    info: { reason: 'KUBERNETES_OVERLOADED', metadata: { retry_in: '2.5s' } },
    retry: { retryDelay: { seconds: 2n, nanos: 500_000_000 } },
  });
});

test.for([
  ['an Error', new Error('password is hunter2')],
  ['a string', 'password is hunter2'],
  ['undefined', undefined],
  [
    'an object that fails on every access',
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('trap');
        },
      },
    ),
  ],
] as const)('%s that is thrown becomes a neutral INTERNAL, and its cause is logged', async ([, thrown]) => {
  const { client, defects } = await startServer({
    getStep: async () => {
      throw thrown;
    },
  });
  const error = await rejection(client.unary(METHODS.getStep));
  expect(error).toMatchObject({ code: 'INTERNAL', info: { reason: 'INTERNAL' } });
  expect(JSON.stringify(error.status, (_k, v) => (typeof v === 'bigint' ? String(v) : v))).not.toContain(
    'hunter2',
  );
  expect(error.message).not.toContain('hunter2');
  expect(defects).toHaveLength(1);
  expect(defects[0]?.error).toBe(thrown);
  expect(error.message).toContain(defects[0]?.errorId);
  expect(error.info?.metadata).toEqual({ error_id: defects[0]?.errorId });
});

test('a handler that throws before it returns a promise fails its call only', async () => {
  const { client } = await startServer({
    getStep: () => {
      throw new Error('at once');
    },
    listSteps: async () => create(ListStepsResponseSchema),
  });
  expect((await rejection(client.unary(METHODS.getStep))).code).toBe('INTERNAL');
  await client.unary(METHODS.listSteps);
});

test('an answer that cannot be serialised is a defect that is logged', async () => {
  const { client, defects } = await startServer({
    getStep: async () => create(ListStepsResponseSchema, { nextPageToken: 5 as never }) as never,
  });
  const error = await rejection(client.unary(METHODS.getStep));
  expect(error).toMatchObject({ code: 'INTERNAL', info: { reason: 'INTERNAL' } });
  expect(defects).toHaveLength(1);
});

test.for([
  ['garbage', Buffer.from('this is no protobuf')],
  ['a field that is cut off', Buffer.from([0x0a, 0x7f, 0x01])],
  ['invalid UTF-8', Buffer.from([0x0a, 0x04, 0x0a, 0x02, 0xc3, 0x28])],
  ['groups nested a million deep', Buffer.alloc(1_000_000, 0xfb)],
] as const)('%s is INVALID_ARGUMENT and not INTERNAL', async ([, bytes]) => {
  const { client, ended, defects } = await startServer({ getStep: async () => stepNamed('x') });
  const error = await rejection(client.unary(METHODS.getStep, bytes));
  expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', info: { reason: 'INVALID_REQUEST' } });
  expect(error.message).toContain('not a glip.executor.v1.GetStepRequest in protobuf');
  expect(ended).toMatchObject([{ code: 'INVALID_ARGUMENT' }]);
  expect(defects).toEqual([]);
});

test('a request larger than 4 MiB is RESOURCE_EXHAUSTED, and one just below it is served', async () => {
  const { client } = await startServer({
    getStep: async (request) => stepNamed(String(request.key?.runId.length)),
  });
  const error = await rejection(client.unary(METHODS.getStep, { key: { runId: 'x'.repeat(5_000_000) } }));
  expect(error.code).toBe('RESOURCE_EXHAUSTED');
  expect(error.message).toContain('4194304');
  const answer = await client.unary(METHODS.getStep, { key: { runId: 'x'.repeat(4_190_000) } });
  expect(answer.step?.key?.stepId).toBe('4190000');
});

test('a small request that decompresses to a large one is RESOURCE_EXHAUSTED', async () => {
  expect(gzipSync(Buffer.alloc(64 * 1024 * 1024)).byteLength).toBeLessThan(100_000);
  const { target } = await startServer({ getStep: async () => stepNamed('x') });
  const compressing = new Client(target, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': 2,
  });
  try {
    const error = await rejection(
      new Promise((resolve, reject) =>
        compressing.makeUnaryRequest(
          '/glip.executor.v1.ExecutorService/GetStep',
          (bytes: Buffer) => bytes,
          (bytes: Buffer) => bytes,
          Buffer.alloc(64 * 1024 * 1024),
          (failure, answer) => (failure ? reject(failure) : resolve(answer)),
        ),
      ),
    );
    expect(error.code).toBe('RESOURCE_EXHAUSTED');
  } finally {
    compressing.close();
  }
});

test('text of a caller in an error cannot break the headers', async () => {
  const { client } = await startServer({
    submitStep: async () => {
      throw invalidRequest([
        {
          field: 'manifest_json',
          message: 'half a character \ud800, a newline \r\n, a bell \u0007, rtl \u202e, ünï ☃ 🚀',
        },
      ]);
    },
  });
  const error = await rejection(client.unary(METHODS.submitStep));
  expect(error.code).toBe('INVALID_ARGUMENT');
  expect(error.message).toBe(
    'manifest_json: half a character \ufffd, a newline \\u{d}\\u{a}, a bell \\u{7}, rtl \\u{202e}, ünï ☃ 🚀',
  );
});

test('500 long violations are cut to what headers may hold, and the answer says so', async () => {
  const { client } = await startServer({
    submitStep: async () => {
      throw invalidRequest(
        Array.from({ length: 500 }, (_, i) => ({
          field: `invocation.inputs[${i}].${'ü'.repeat(300)}`,
          message: '☃'.repeat(900),
        })),
      );
    },
  });
  const error = await rejection(client.unary(METHODS.submitStep));
  expect(error.trailerBytes).toBeLessThan(8_192 - 300);
  const omitted = Number(error.info?.metadata.violations_omitted);
  expect(error.violations.length).toBeGreaterThan(1);
  expect(error.violations.length - 1 + omitted).toBe(500);
  expect(error.violations.at(-1)).toEqual({
    field: '*',
    description: `and ${omitted} more violations that do not fit here`,
  });
});

test('an unknown method is UNIMPLEMENTED', async () => {
  const { client } = await startServer({});
  const method = { ...METHODS.getStep, name: 'StartRocket' } as typeof METHODS.getStep;
  expect((await rejection(client.unary(method))).code).toBe('UNIMPLEMENTED');
});

test('a service with a missing handler is refused when the server is built', async () => {
  await expect(startServer({ getStep: undefined as never })).rejects.toThrow(
    'no handler for glip.executor.v1.ExecutorService/GetStep',
  );
});

test('observers that throw cost nobody an answer', async () => {
  const broken = () => {
    throw new Error('the metrics are full');
  };
  const { client, server } = await startServer(
    { getStep: async () => stepNamed('x') },
    { onStart: broken, onCall: broken },
  );
  await client.unary(METHODS.getStep);
  expect((await rejection(client.unary(METHODS.submitStep))).code).toBe('UNIMPLEMENTED');
  expect(server.openCalls).toBe(0);
});
