import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createWriteLimiter } from '../../../src/kube/write-limiter.ts';
import {
  drip,
  gated,
  huge,
  json,
  page,
  refuse,
  reset,
  stall,
  stallMidBody,
} from '../../support/misbehaving-server/behaviours.ts';
import { startMisbehavingServer } from '../../support/misbehaving-server/server.ts';
import { createTestClock } from '../../support/misbehaving-server/test-clock.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aServer, aTransport, JOBS } from './harness.ts';

const GET = { method: 'GET', path: '/x' } as const;
const POST = { method: 'POST', path: '/x', body: { a: 1 } } as const;

describe('transport: requests', () => {
  test('carry method, query, JSON body, token and agent', async () => {
    const server = await aServer();
    const transport = aTransport(server, { userAgent: 'glip-executor/1' });
    server.script('call', json({ ok: true }, 201));
    const query = { dryRun: 'All', none: undefined, limit: 1, odd: 'a&b=c é' };
    const reply = await transport.call({ ...POST, query, contentType: 'application/merge-patch+json' });
    expect(reply).toEqual({ status: 201, body: { ok: true }, warnings: [] });
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      query: { dryRun: 'All', limit: '1', odd: 'a&b=c é' },
      body: '{"a":1}',
      headers: {
        authorization: 'Bearer secret-token',
        'content-type': 'application/merge-patch+json',
        'user-agent': 'glip-executor/1',
        accept: 'application/json',
      },
    });
  });

  test('reuse their connections', async () => {
    const server = await aServer();
    const transport = aTransport(server);
    for (let i = 0; i < 30; i += 1) await transport.call(GET);
    // A connection may still be putting its last answer away when the next call comes.
    expect(server.connections().opened).toBeLessThan(4);
  });

  test('Warning headers reach the reply, the call and the transport', async () => {
    const server = await aServer();
    const all: string[] = [];
    const own: string[] = [];
    const transport = aTransport(server, {
      onWarning: (text, request) => void all.push(`${request}: ${text}`),
    });
    const warning = [
      '299 - "batch/v2 is \\"deprecated\\""',
      '299 - "unknown field \\"spec.x\\"", 299 - "third"',
    ];
    server.script('call', json({}, 200, { warning }));
    const { warnings } = await transport.call({ ...GET, onWarning: (text) => void own.push(text) });
    expect(warnings).toEqual(['batch/v2 is "deprecated"', 'unknown field "spec.x"', 'third']);
    expect(own).toEqual(warnings);
    expect(all[0]).toBe('GET /x: batch/v2 is "deprecated"');
  });

  test('a right that is missing is told, of calls and of streams; another refusal is none', async () => {
    const server = await aServer();
    const missed: string[] = [];
    const transport = aTransport(server, { onMissingRight: (right) => void missed.push(right) });
    const cannot = (what: string) =>
      json({ reason: 'Forbidden', message: `x is forbidden: User "u" cannot ${what}` }, 403);
    server.script(
      'call',
      cannot('patch resource "jobs" in API group "batch" in the namespace "n"'),
      json({ reason: 'Forbidden', message: 'pods "x" is forbidden: exceeded quota' }, 403),
      cannot('get path "/version"'),
    );
    for (let i = 0; i < 3; i++) await expect(transport.call(GET)).rejects.toThrow('403');
    server.script('watch', cannot('watch resource "pods" in API group "" at the cluster scope'));
    const opened = transport.stream({ path: JOBS, query: { watch: true }, idleMs: 0 });
    await expect(opened).rejects.toThrow('403');
    expect(missed).toEqual(['patch jobs.batch', 'unknown', 'watch pods']);
  });

  test('each attempt is told, with its status or its kind of failure', async () => {
    const server = await aServer();
    const attempts: (number | string)[] = [];
    const transport = aTransport(server, { onAttempt: ({ status }) => void attempts.push(status) });
    server.script('call', refuse(404, 'NotFound'), reset());
    await transport.call(GET).catch(() => undefined);
    await transport.call(GET);
    expect(attempts).toEqual([404, 'reset', 200]);
  });

  test('text is handed on as it is', async () => {
    const server = await aServer();
    server.script('call', page(200, 'line one\nline two\n'));
    expect((await aTransport(server).call({ ...GET, as: 'text' })).body).toBe('line one\nline two\n');
  });
});

describe('transport: limits', () => {
  test.each([
    ['a server that says nothing', stall()],
    ['a body that stops', stallMidBody('{"kind":')],
    ['a body that drips for ever', drip()],
  ])('%s ends at the time limit', async (_, behaviour) => {
    const server = await aServer();
    server.script('call', behaviour);
    const error = await aTransport(server)
      .call({ ...GET, timeoutMs: 50 })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'NetworkError', kind: 'timeout' });
    await until('the connection to be closed', () => server.connections().open === 0);
  });

  test.each([
    ['before the answer', stall()],
    ['in the middle of the body', drip()],
  ])('an abort %s ends it at once, with its own reason', async (_, behaviour) => {
    const server = await aServer();
    server.script('call', behaviour);
    const caller = new AbortController();
    const call = aTransport(server).call({ ...GET, signal: caller.signal });
    const outcome = expect(call).rejects.toThrow('caller left');
    await until('the request', () => server.requests.length === 1);
    caller.abort(new Error('caller left'));
    await outcome;
    await until('the connection to be closed', () => server.connections().open === 0);
  });

  test('an aborted caller sends nothing', async () => {
    const server = await aServer();
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(aTransport(server).call({ ...GET, signal })).rejects.toThrow('too late');
    expect(server.requests).toEqual([]);
  });

  test('an answer beyond the size bound is given up, and the server stops sending', async () => {
    const server = await aServer();
    server.script('call', huge(64 * 1024 * 1024));
    const transport = aTransport(server, { pools: { maxResponseBytes: 100_000 } });
    await expect(transport.call(GET)).rejects.toMatchObject({ kind: 'too-large' });
    await until('the connection to be closed', () => server.connections().open === 0);
  });

  test('an answer that is not JSON is an error of the protocol', async () => {
    const server = await aServer();
    server.script('call', page(200, '<html>'));
    await expect(aTransport(server).call(GET)).rejects.toMatchObject({ kind: 'protocol' });
  });

  test('a refusal that is not a Status keeps its status and its first words', async () => {
    const server = await aServer();
    server.script('call', page(502, '<h1>bad\u0007 gateway</h1>'), page(404, ''));
    const transport = aTransport(server);
    await expect(transport.call(GET)).rejects.toMatchObject({
      status: 502,
      reason: 'Unknown',
      statusMessage: '<h1>bad gateway</h1>',
    });
    await expect(transport.call(GET)).rejects.toMatchObject({
      status: 404,
      reason: 'NotFound',
      message: 'GET /x: 404 NotFound: NotFound',
    });
  });
});

describe('transport: retries', () => {
  test.each([429, 500, 503, 504])('%i with Retry-After is repeated after it, a write too', async (status) => {
    const server = await aServer();
    const clock = createTestClock();
    server.script(
      'call',
      refuse(status, 'Busy', { retryAfter: 1 }),
      refuse(status, 'Busy', { retryAfter: 2 }),
    );
    await aTransport(server, { clock }).call(POST);
    expect(clock.sleeps).toEqual([1_100, 2_200]);
    expect(server.requests).toHaveLength(3);
  });

  test('Retry-After in the Status counts too', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('call', refuse(500, 'ServerTimeout', { details: { retryAfterSeconds: 1 } }));
    await aTransport(server, { clock }).call(GET);
    expect(clock.sleeps).toEqual([1_100]);
  });

  test.each([429, 500, 503, 400, 403, 404, 409, 422])('%i without it is the answer', async (status) => {
    const server = await aServer();
    server.script('call', refuse(status, 'No'));
    await expect(aTransport(server).call(GET)).rejects.toMatchObject({ status, reason: 'No' });
    expect(server.requests).toHaveLength(1);
  });

  test('attempts are bounded', async () => {
    const server = await aServer();
    server.always('call', refuse(429, 'TooManyRequests', { retryAfter: 0 }));
    await expect(aTransport(server).call(GET)).rejects.toMatchObject({ status: 429, retryAfterMs: 0 });
    expect(server.requests).toHaveLength(5);
  });

  test('a wait beyond what a caller should wait is told at once', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.always('call', refuse(429, 'TooManyRequests', { retryAfter: 30 }));
    await expect(aTransport(server, { clock }).call(GET)).rejects.toMatchObject({ retryAfterMs: 30_000 });
    expect(clock.sleeps).toEqual([]);
  });

  test('a caller with a policy of its own gets the first answer', async () => {
    const server = await aServer();
    server.always('call', refuse(429, 'TooManyRequests', { retryAfter: 0 }));
    await expect(aTransport(server).call({ ...GET, retry: false })).rejects.toMatchObject({ status: 429 });
    expect(server.requests).toHaveLength(1);
  });

  test('an abort ends the wait for a retry', async () => {
    const server = await aServer();
    server.always('call', refuse(429, 'TooManyRequests', { retryAfter: 5 }));
    const caller = new AbortController();
    const call = expect(aTransport(server).call({ ...GET, signal: caller.signal })).rejects.toThrow('left');
    await until('the first attempt', () => server.requests.length === 1);
    caller.abort(new Error('left'));
    await call;
  });

  test('a reset repeats a GET, and a POST only when the caller says that it may', async () => {
    const server = await aServer();
    const transport = aTransport(server);
    server.script('call', reset());
    await transport.call(GET);
    server.script('call', reset());
    await expect(transport.call(POST)).rejects.toMatchObject({ kind: 'reset' });
    server.script('call', reset());
    await transport.call({ ...POST, resend: true });
    expect(server.requests).toHaveLength(5);
  });

  test('a refused connection was never sent, so a POST is repeated', async () => {
    const gone = await startMisbehavingServer();
    await gone.close();
    const clock = createTestClock();
    const transport = aTransport(gone, { clock, retry: { reconnectMs: 100 } });
    await expect(transport.call(POST)).rejects.toMatchObject({ kind: 'refused' });
    expect(clock.sleeps).toEqual([50, 100, 200, 400]);
  });

  test('a server that accepts and says nothing is tried again only while the caller may wait', async () => {
    const opened: Socket[] = [];
    const frozen = createServer((socket) => void opened.push(socket)).listen(0, '127.0.0.1');
    onTestFinished(() => {
      for (const socket of opened) socket.destroy();
      frozen.close();
    });
    await once(frozen, 'listening');
    const transport = aTransport(
      { url: `https://127.0.0.1:${(frozen.address() as AddressInfo).port}` },
      { pools: { connectTimeoutMs: 100 }, retry: { reconnectMs: 1, maxWaitMs: 150 } },
    );
    await expect(transport.call(POST)).rejects.toMatchObject({ kind: 'connect-timeout' });
    expect(opened.length).toBeLessThanOrEqual(2);
  });

  test('a timeout is not repeated: the caller has waited enough', async () => {
    const server = await aServer();
    server.always('call', stall());
    await expect(aTransport(server).call({ ...GET, timeoutMs: 30 })).rejects.toMatchObject({
      kind: 'timeout',
    });
    expect(server.requests).toHaveLength(1);
  });

  test('a write that gets no turn is given up, however many wait before it', async () => {
    const server = await aServer();
    server.always('call', stall());
    const transport = aTransport(server, { writes: createWriteLimiter({ max: 1 }), timeoutMs: 200 });
    const began = performance.now();
    const ends = await Promise.allSettled(Array.from({ length: 20 }, () => transport.call(POST)));
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(ends.map((end) => end.status === 'rejected' && end.reason.kind)).toEqual(
      Array(20).fill('timeout'),
    );
    expect(transport.status().writes).toMatchObject({ inFlight: 0, waitingCreates: 0 });
  });
});

describe('transport: streams', () => {
  test('hand out chunks as they come, and leaving the loop closes the connection', async () => {
    const server = await aServer();
    server.script('watch', (_, response) => void response.writeHead(200).write('first'));
    const transport = aTransport(server);
    for await (const chunk of await transport.stream({ path: JOBS, query: { watch: true }, idleMs: 5_000 })) {
      expect(chunk.toString()).toBe('first');
      break;
    }
    await until('the connection to be closed', () => server.connections().open === 0);
  });

  test('a server that never answers the opening is given up', async () => {
    const server = await aServer();
    server.script('watch', stall());
    const stream = aTransport(server).stream({
      path: JOBS,
      query: { watch: true },
      idleMs: 5_000,
      openMs: 30,
    });
    await expect(stream).rejects.toMatchObject({ kind: 'timeout' });
  });

  test('a refusal carries the Status', async () => {
    const server = await aServer();
    server.script('watch', refuse(429, 'TooManyRequests', { retryAfter: 3 }));
    const stream = aTransport(server).stream({ path: JOBS, query: { watch: true }, idleMs: 5_000 });
    await expect(stream).rejects.toMatchObject({ status: 429, retryAfterMs: 3_000 });
  });

  test('destroy ends what is in flight', async () => {
    const server = await aServer();
    const transport = aTransport(server);
    let open = () => {};
    server.script('call', gated(new Promise<void>((resolve) => (open = resolve)), json({})));
    const call = transport.call({ ...GET, retry: false }).catch((error: unknown) => error);
    await until('the request', () => server.requests.length === 1);
    await transport.destroy();
    expect(await call).toBeInstanceOf(Error);
    open();
  });
});
