import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { expect, onTestFinished, test } from 'vitest';
import { WatchStepResponseSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import {
  Health,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../../gen/grpc/health/v1/health_pb.js';
import type { CallContext } from '../../../src/rpc/handler.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { bareCall, bareSession, envelope } from './bare-client.ts';
import { collect, rejection, until } from './client.ts';
import { aborted, heartbeat, METHODS, startServer, stepNamed } from './harness.ts';

/** Yields a frame, waits for the drain, says Goodbye with the cursor, and ends as the contract says. */
async function* politeWatch(_request: unknown, context: CallContext) {
  yield heartbeat('cursor-7');
  await new Promise((resolve) => context.draining?.addEventListener('abort', resolve, { once: true }));
  yield create(WatchStepResponseSchema, {
    cursor: 'cursor-7',
    frame: { case: 'goodbye', value: { reason: 'draining' } },
  });
  throw new ExecutorError({ code: 'UNAVAILABLE', reason: 'DRAINING', message: 'reconnect with the cursor' });
}

test('drain: NOT_SERVING, then Goodbye with the cursor, then UNAVAILABLE; calls are still answered', async () => {
  const { client, server, health } = await startServer({
    watchStep: politeWatch,
    getStep: async () => stepNamed('x'),
  });
  health.setAll('SERVING');
  const watched = collect(client.stream(METHODS.watchStep));
  await until('the watch is open', () => server.openCalls === 1);
  await server.drain();
  const { frames, error } = await watched;
  expect(frames.map((frame) => frame.frame.case)).toEqual(['heartbeat', 'goodbye']);
  expect(frames.at(-1)?.cursor).toBe('cursor-7');
  expect(error).toMatchObject({ code: 'UNAVAILABLE', info: { reason: 'DRAINING' } });
  expect(error?.retry?.retryDelay).toBeDefined();
  expect((await client.unary(Health.method.check)).status).toBe(Serving.NOT_SERVING);
  await client.unary(METHODS.getStep);
});

test('a watch that opens while the server drains is told at once', async () => {
  const { client, server } = await startServer({
    watchStep: async function* (_request, context) {
      yield heartbeat(String(context.draining?.aborted));
    },
  });
  await server.drain();
  const { frames } = await collect(client.stream(METHODS.watchStep));
  expect(frames[0]?.cursor).toBe('true');
});

test('the lame duck time lies between NOT_SERVING and the Goodbye', async () => {
  const { client, server, health } = await startServer({ watchStep: politeWatch }, { lameDuckMs: 150 });
  health.setAll('SERVING');
  const watched = collect(client.stream(METHODS.watchStep));
  await until('the watch is open', () => server.openCalls === 1);
  const drained = server.drain();
  expect((await client.unary(Health.method.check)).status).toBe(Serving.NOT_SERVING);
  expect(server.draining.aborted).toBe(false);
  expect(server.openCalls).toBe(1);
  await drained;
  expect((await watched).error?.code).toBe('UNAVAILABLE');
});

test('stop waits for calls under way, and 200 open watches end with Goodbye and UNAVAILABLE', async () => {
  let finish: (() => void) | undefined;
  const { client, server } = await startServer({
    watchStep: politeWatch,
    getStep: async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return stepNamed('finished');
    },
  });
  const watches = Array.from({ length: 200 }, () => collect(client.stream(METHODS.watchStep)));
  const slow = client.unary(METHODS.getStep);
  await until('all are open', () => server.openCalls === 201);
  const stopped = server.stop(10_000);
  for (const { frames, error } of await Promise.all(watches)) {
    expect(frames.at(-1)?.frame.case).toBe('goodbye');
    expect(error?.code).toBe('UNAVAILABLE');
  }
  finish?.();
  expect((await slow).step?.key?.stepId).toBe('finished');
  await stopped;
  expect(server.openCalls).toBe(0);
});

test('after the grace, handlers that stay get aborted and their callers UNAVAILABLE, not CANCELLED', async () => {
  const reasons: unknown[] = [];
  const { client, server } = await startServer({
    getStep: async (_request, context) => {
      void aborted(context).then((reason) => reasons.push(reason));
      return new Promise<never>(() => {});
    },
    watchStep: async function* (_request, context) {
      yield heartbeat('first');
      reasons.push(await aborted(context));
    },
  });
  const unary = rejection(client.unary(METHODS.getStep));
  const stream = collect(client.stream(METHODS.watchStep));
  await until('both are open', () => server.openCalls === 2);
  await server.stop(50);
  expect(await unary).toMatchObject({ code: 'UNAVAILABLE', info: { reason: 'DRAINING' } });
  expect((await stream).error).toMatchObject({ code: 'UNAVAILABLE', info: { reason: 'DRAINING' } });
  expect(reasons).toMatchObject([{ code: 'UNAVAILABLE' }, { code: 'UNAVAILABLE' }]);
});

test('a reader that never reads cannot hold up the stop', async () => {
  let left = false;
  const { port, server } = await startServer({
    watchStep: async function* () {
      try {
        for (;;) yield heartbeat('x'.repeat(100_000));
      } finally {
        left = true;
      }
    },
  });
  const stuck = bareCall(bareSession(port), 'WatchStep');
  stuck.end(envelope(Buffer.alloc(0)));
  await until('the stream is open', () => server.openCalls === 1);
  const began = performance.now();
  await server.stop(50);
  expect(performance.now() - began).toBeLessThan(5_000);
  await until('its generator is left', () => left);
  await until('its connection is gone', () => stuck.destroyed);
});

test('a stopped server takes no more calls, and stops once however often it is asked', async () => {
  const { client, server } = await startServer({ getStep: async () => stepNamed('x') });
  await client.unary(METHODS.getStep);
  await Promise.all([server.stop(1_000), server.stop(1_000), server.drain()]);
  expect((await rejection(client.unary(METHODS.getStep))).code).toBe('UNAVAILABLE');
});

test.for(['0.0.0.0:0', '[::]:0', ':0', '192.0.2.1:0', '[2001:db8::1]:0'])(
  '%s is refused, with the remedy',
  async (address) => {
    await expect(startServer({}, { address })).rejects.toThrow(
      /refusing to listen on .* without TLS and identities: .*Listen on 127\.0\.0\.1/,
    );
  },
);

test.for(['localhost', '127.0.0.1:', '127.0.0.1:99999', 'http://127.0.0.1:1'])(
  '"%s" is no address',
  async (address) => {
    await expect(startServer({}, { address })).rejects.toThrow(/is no address to listen on: use HOST:PORT/);
  },
);

test.for(['localhost:0', '127.0.0.2:0', '[::1]:0'])('%s is served', async (address) => {
  const { client } = await startServer({ getStep: async () => stepNamed('x') }, { address });
  await client.unary(METHODS.getStep);
});

test('a port that is taken is an error that names it', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void squatter.close());
  await new Promise((resolve) => squatter.once('listening', resolve));
  const { port } = squatter.address() as { port: number };
  const address = `127.0.0.1:${port}`;
  await expect(startServer({}, { address })).rejects.toThrow(`cannot listen on ${address}`);
});

test('a unix socket is served', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'glip-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const { client, target } = await startServer(
    { getStep: async () => stepNamed('x') },
    { address: `unix:${join(dir, 'socket')}` },
  );
  expect(target).toBe(`unix:${join(dir, 'socket')}`);
  await client.unary(METHODS.getStep);
});
