import { setTimeout as delay } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createByteBudget } from '../../../src/lib/byte-budget.ts';
import { createCallCounts } from '../../../src/policy/call-limits.ts';
import { rawSocket } from '../../support/raw-socket.ts';
import { until } from '../rpc/client.ts';
import { aborted, heartbeat, stepNamed } from '../rpc/harness.ts';
import { startHttp } from './harness.ts';

const path = '/glip.executor.v1.ExecutorService/GetStep';
const head = (length: number, more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`;

async function started(deps: Parameters<typeof startHttp>[1] = {}) {
  const refused: string[] = [];
  const server = await startHttp(
    {
      getStep: async () => stepNamed('alive'),
      watchStep: async function* (_request, context) {
        yield heartbeat('first');
        await aborted(context);
      },
    },
    { onRefused: (why) => refused.push(why), ...deps },
  );
  const post = (body: Uint8Array | string, headers: Record<string, string> = {}) =>
    fetch(`${server.base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body as string,
    });
  return { ...server, refused, post };
}

test('connections beyond the limits are closed unread', async () => {
  const server = await started({ limits: { connections: { all: 10, perAddress: 2 } } });
  const open = await Promise.all(
    [1, 2].map(() => rawSocket(server.port, head(2, 'Connection: keep-alive\r\n'), '{}')),
  );
  await until('they are served', () => open.every(({ received }) => received().includes('alive')));
  const late = await rawSocket(server.port, head(2), '{}');
  await until('it is closed', late.isClosed);
  expect(late.received()).toBe('');
  expect(server.refused).toEqual(['connections_per_address']);
});

test.for([
  ['says nothing', ''],
  ['has begun with its headers', 'POST / HTTP/1.1\r\nHost: localhost\r\nX-A: '],
  ['has a body that does not come', head(1_000)],
  [
    'sends chunks that do not end',
    `${head(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked')}3\r\n{"k`,
  ],
])('a client that %s is given up in time', async ([, bytes = '']) => {
  const server = await started({ limits: { requestTimeMs: 200 } });
  const { isClosed, received } = await rawSocket(server.port, bytes);
  await until('it is closed', isClosed);
  expect(received()).toMatch(/^HTTP\/1\.1 408 Request Timeout/);
  expect(server.refused).toEqual(['slow_request']);
  expect((await server.post('{}')).status).toBe(200);
});

test('a body that comes byte by byte is no way around it', async () => {
  const server = await started({ limits: { requestTimeMs: 300 } });
  const { socket, isClosed } = await rawSocket(server.port, head(10_000));
  for (let i = 0; i < 200 && !isClosed(); i++) {
    socket.write(' ');
    await delay(20);
  }
  expect(isClosed()).toBe(true);
});

test('an answer may take longer than a request', async () => {
  const server = await started({ limits: { requestTimeMs: 200 } });
  const { isClosed, received } = await rawSocket(server.port, head(2).replace('GetStep', 'WatchStep'), '{}');
  await until('it has begun', () => received().includes('first'));
  await delay(1_500);
  expect(isClosed()).toBe(false);
});

test.for([
  ['no HTTP', 'HELO there\r\n\r\n', /^HTTP\/1\.1 400/, 'protocol'],
  [
    'two lengths',
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    /^HTTP\/1\.1 400/,
    'protocol',
  ],
  [
    'a length and chunks',
    `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1\.1 400/,
    'protocol',
  ],
  ['20 KiB of headers', head(2, `X-A: ${'y'.repeat(20_000)}\r\n`), /^HTTP\/1\.1 431/, 'headers'],
  [
    '20 KiB of a path',
    `GET /${'y'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    /^HTTP\/1\.1 431/,
    'headers',
  ],
] as const)('%s is refused and counted', async ([, bytes, answer, why]) => {
  const server = await started();
  const { isClosed, received } = await rawSocket(server.port, bytes);
  await until('it is closed', isClosed);
  expect(received()).toMatch(answer);
  expect(server.refused).toEqual([why]);
});

test('requests that are not complete hold no more than they may', async () => {
  const budget = createByteBudget(40_000);
  const server = await started({ budget });
  const held = await Promise.all([1, 2].map(() => rawSocket(server.port, head(8_000), ' '.repeat(4_500))));
  await until('they are held', () => budget.held === 9_000);
  const late = await server.post(' '.repeat(4_000));
  expect(late.status).toBe(429);
  expect(await late.json()).toMatchObject({
    code: 'resource_exhausted',
    details: [{ debug: { reason: 'TOO_MUCH_UNREAD' } }, expect.anything()],
  });
  expect(server.refused).toEqual(['unread_bytes']);
  for (const { socket } of held) socket.destroy();
  await until('nothing is held', () => budget.held === 0);
  expect((await server.post('{}')).status).toBe(200);
});

test.for([
  ['gzip', gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))],
  ['br', brotliCompressSync(Buffer.alloc(64 * 1024 * 1024, ' '))],
] as const)('a body that inflates to 64 MiB (%s) is refused', async ([encoding, body]) => {
  const server = await started();
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => server.post(body, { 'content-encoding': encoding })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([429]));
  const small = await server.post(gzipSync('{}'), { 'content-encoding': 'gzip' });
  expect(small.status).toBe(200);
});

test('calls beyond the limit are refused; pages are served', async () => {
  const counts = createCallCounts({ all: 2, perCaller: 2 }, () => undefined);
  const server = await started({ counts });
  const held = await Promise.all(
    [1, 2].map(() => rawSocket(server.port, head(2).replace('GetStep', 'WatchStep'), '{}')),
  );
  await until('they are under way', () => counts.size === 2);
  const late = await server.post('{}');
  expect([late.status, late.headers.get('www-authenticate')]).toEqual([429, null]);
  expect(JSON.stringify(await late.json())).toContain('TOO_MANY_CALLS');
  expect((await fetch(`${server.base}/livez`)).status).toBe(200);
  for (const { socket } of held) socket.destroy();
  await until('they are over', () => counts.size === 0);
  expect((await server.post('{}')).status).toBe(200);
});

test('a Host header that names no host is refused, also where any name may be ours', async () => {
  const server = await started({ exposed: true });
  const { received } = await rawSocket(
    server.port,
    head(2).replace('Host: localhost', 'Host:ent-Type: x/y'),
    '{}',
  );
  await until('it is answered', () => received().includes('\r\n\r\n'));
  expect(received()).toMatch(/^HTTP\/1\.1 400/);
  expect(server.errors).toEqual([]);
});
