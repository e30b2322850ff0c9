import { expect, test } from 'vitest';
import { bareCall, bareSession, ending, envelope } from './bare-client.ts';
import { rejection, until } from './client.ts';
import { aborted, heartbeat, METHODS, startServer, stepNamed } from './harness.ts';

test('a deadline that passes ends the call and aborts its handler', async () => {
  let called = false;
  let reason: unknown;
  const { client, ended, defects } = await startServer({
    getStep: async (_request, context) => {
      called = true;
      reason = await aborted(context);
      throw reason;
    },
  });
  // Where the machine is busy a short deadline passes before the call is there: then a longer one is tried.
  for (let ms = 100; !called && ms < 60_000; ms *= 2) {
    const error = await rejection(client.unary(METHODS.getStep, {}, { deadline: Date.now() + ms }));
    expect(error.code).toBe('DEADLINE_EXCEEDED');
  }
  await until('the handler is told', () => reason !== undefined);
  // The client's own timer may reset the stream before the server's fires.
  expect(['DEADLINE_EXCEEDED', 'CANCELLED']).toContain((reason as { code: string }).code);
  await until('the end is observed', () => ended.length === 1);
  expect(defects).toEqual([]);
});

/** A call with a grpc-timeout of our choice. */
function callWithTimeout(port: number, timeout: string, path = 'GetStep'): Promise<Record<string, unknown>> {
  const call = bareCall(bareSession(port), path, { 'grpc-timeout': timeout });
  call.end(envelope(Buffer.alloc(0)));
  return ending(call);
}

test('the server keeps the deadline by itself: a handler that ignores its signal does not hold the caller', async () => {
  let reason: unknown;
  const { port, ended } = await startServer({
    getStep: async (_request, context) => {
      void aborted(context).then((why) => {
        reason = why;
      });
      return new Promise<never>(() => {});
    },
    watchStep: async function* (_request, context) {
      yield heartbeat('first');
      await aborted(context);
    },
  });
  expect(await callWithTimeout(port, '50m')).toMatchObject({ 'grpc-status': '4' });
  await until('the handler is told', () => reason !== undefined);
  expect(reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  expect(await callWithTimeout(port, '50m', 'WatchStep')).toMatchObject({ 'grpc-status': '4' });
  await until('both ends are observed', () => ended.length === 2);
  expect(ended.map((end) => end.code)).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
});

test.for(['99999999H', '600H', '99999999M', '99999999S'])(
  'a deadline of %s, beyond 24.8 days, is none',
  async (timeout) => {
    const { port, ended } = await startServer({
      getStep: async (_request, context) => {
        // grpc-js would fire after a millisecond.
        await Promise.race([aborted(context), new Promise((resolve) => setTimeout(resolve, 50))]);
        return stepNamed('x');
      },
    });
    expect(await callWithTimeout(port, timeout)).toMatchObject({ 'grpc-status': '0' });
    expect(ended).toMatchObject([{ code: 'OK' }]);
  },
);

test.for(['1000000000S', 'soon', '5', '-5S', '5 S', '5s'])(
  'the timeout "%s" is INVALID_ARGUMENT',
  async (timeout) => {
    const { port } = await startServer({ getStep: async () => stepNamed('x') });
    const answer = await callWithTimeout(port, timeout);
    expect(answer).toMatchObject({ 'grpc-status': '3' });
    expect(decodeURI(String(answer['grpc-message']))).toContain(
      'grpc-timeout: this header must be 1 to 8 digits and a unit',
    );
  },
);
