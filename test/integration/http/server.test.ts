import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ExecutorError } from '../../../src/step/errors.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { until } from '../rpc/client.ts';
import { aborted, heartbeat, stepNamed } from '../rpc/harness.ts';
import { ask, askJson, PATH, startHttp } from './harness.ts';

const get = (path: string, headers: Record<string, string> = {}) => ({ method: 'GET', path, headers });

test('/livez is ok however little is ready; /readyz says what is missing', async () => {
  const started = await startHttp({});
  started.checks = [{ name: 'sync' }, { name: 'kubernetes', problem: 'no answer for 12 s' }];
  expect((await ask(started.port, get('/livez'))).status).toBe(200);
  const notReady = await ask(started.port, get('/readyz'));
  expect(notReady.status).toBe(503);
  expect(notReady.headers['content-type']).toContain('text/plain');
  expect(notReady.body.toString()).toBe('[+]sync ok\n[-]kubernetes failed: no answer for 12 s\nnot ready\n');
  started.checks = [{ name: 'sync' }, { name: 'kubernetes' }];
  expect((await ask(started.port, get('/readyz'))).body.toString()).toBe('ok\n');
  expect((await ask(started.port, get('/readyz?verbose'))).body.toString()).toBe(
    '[+]sync ok\n[+]kubernetes ok\nready\n',
  );
});

test('/metrics shows the registry, with the calls of this edge', async () => {
  const metrics = createMetrics();
  const { port } = await startHttp(
    { getStep: async () => stepNamed('x') },
    { metrics: metrics.registry, onStart: metrics.rpc.started, onCall: metrics.rpc.ended },
  );
  await askJson(port, 'GetStep', {});
  const answer = await ask(port, get('/metrics'));
  expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4');
  expect(answer.body.toString()).toContain(
    'glip_executor_rpc_handled_total{method="glip.executor.v1.ExecutorService/GetStep",protocol="connect",code="OK"} 1',
  );
});

test('a registry that fails is a neutral 500, and is reported', async () => {
  const failing = { contentType: 'text/plain', metrics: () => Promise.reject(new Error('secret')) };
  const { port, errors } = await startHttp({}, { metrics: failing });
  const answer = await ask(port, get('/metrics'));
  expect(answer.status).toBe(500);
  expect(answer.body.toString()).not.toContain('secret');
  expect(errors).toMatchObject([{ message: 'secret' }]);
});

test.for([
  '/',
  '/index.html',
  '/livez/',
  '/glip.executor.v1.ExecutorService',
  `${PATH}/StartRocket`,
  '/../../etc/passwd',
  '//',
  '/%',
  '/__proto__',
])('%s is 404 in JSON', async (path) => {
  const { port } = await startHttp({});
  for (const method of ['GET', 'POST']) {
    const answer = await ask(port, { method, path });
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'unimplemented' });
  }
});

test('probes are read only, and HEAD works', async () => {
  const { port } = await startHttp({});
  const post = await ask(port, { method: 'POST', path: '/livez', body: 'x' });
  expect(post.status).toBe(405);
  expect(post.headers.allow).toBe('GET, HEAD');
  const head = await ask(port, { method: 'HEAD', path: '/livez' });
  expect([head.status, head.body.byteLength]).toEqual([200, 0]);
});

test('an RPC is not for GET, nor for other content types', async () => {
  const { port } = await startHttp({ getStep: async () => stepNamed('x') });
  expect((await ask(port, get(`${PATH}/GetStep`))).status).toBe(405);
  const form = {
    path: `${PATH}/GetStep`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=b',
  };
  expect((await ask(port, form)).status).toBe(415);
});

test.for([
  'evil.example',
  'evil.example:8080',
  '127.0.0.1.nip.io',
  'localhost.evil.example',
  '10.0.0.1',
  '[2001:db8::1]:80',
])('the Host "%s" is refused on every path: it may be DNS rebinding', async (host) => {
  const { port } = await startHttp({ getStep: async () => stepNamed('x') });
  for (const path of ['/livez', '/metrics', `${PATH}/GetStep`, '/nothing']) {
    const answer = await ask(port, {
      path,
      headers: { host, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(answer.status).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'permission_denied' });
  }
});

test.for([
  'localhost',
  'localhost:8080',
  'LOCALHOST',
  '127.0.0.1',
  '127.1.2.3:99',
  '[::1]:8080',
  '[::1]',
  'x.localhost',
])('the Host "%s" is served', async (host) => {
  const { port } = await startHttp({});
  expect((await ask(port, get('/livez', { host }))).status).toBe(200);
});

test.for(['https://evil.example', 'null', 'http://localhost:3000'])(
  'a web page of %s is refused, and gets no CORS',
  async (origin) => {
    const { port } = await startHttp({ getStep: async () => stepNamed('x') });
    for (const method of ['POST', 'OPTIONS', 'GET']) {
      const answer = await ask(port, {
        method,
        path: `${PATH}/GetStep`,
        headers: { origin, 'content-type': 'application/json' },
      });
      expect(answer.status).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  },
);

test.for([
  ['headers without end', `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
  ['no HTTP', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  [
    'two lengths',
    'POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['no Host', 'GET /livez HTTP/1.1\r\n\r\n'],
  ['no Host in HTTP/1.0', 'GET /livez HTTP/1.0\r\n\r\n'],
  ['an empty Host', 'GET /livez HTTP/1.1\r\nHost: \r\n\r\n'],
  ['an absolute URL', 'GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['a path that is no path', `POST * HTTP/1.1\r\nHost: localhost\r\n\r\n`],
] as const)('%s on the socket gets a 4xx', async ([, bytes]) => {
  const { port } = await startHttp({});
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.write(bytes);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await until('there is an answer', () => text.length > 0);
  expect(text).toMatch(/^HTTP\/1\.1 4/);
  expect((await ask(port, get('/livez'))).status).toBe(200);
});

test.for(['0.0.0.0:0', '[::]:0', ':0', '192.0.2.1:0'])('%s is refused, with the remedy', async (address) => {
  await expect(startHttp({}, { address })).rejects.toThrow(/without TLS.*Listen on 127\.0\.0\.1/);
});

test('[::1] is served', async () => {
  const { base } = await startHttp({}, { address: '[::1]:0' });
  expect((await fetch(`${base}/livez`)).status).toBe(200);
});

test('stop: streams are told to drain, calls finish, new connections are refused, idle ones are closed', async () => {
  const draining = new AbortController();
  let finish: (() => void) | undefined;
  let watching = false;
  const { port, server, base } = await startHttp(
    {
      getStep: async () => {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return stepNamed('finished');
      },
      watchStep: async function* (_request, context) {
        yield heartbeat('1');
        watching = true;
        await new Promise((resolve) => context.draining?.addEventListener('abort', resolve, { once: true }));
        throw new ExecutorError({ code: 'UNAVAILABLE', reason: 'DRAINING', message: 'go' });
      },
    },
    { draining: draining.signal },
  );
  const slow = fetch(`${base}${PATH}/GetStep`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const watch = askJson(port, 'WatchStep', {});
  await until('both run', () => finish !== undefined && watching);
  // An idle connection that is kept alive, like that of the slow call when it is done.
  await (await fetch(`${base}/livez`)).text();
  draining.abort();
  const began = performance.now();
  const stopped = server.stop(30_000);
  expect((await watch).body.toString()).toContain('"code":"unavailable"');
  finish?.();
  expect(await (await slow).json()).toEqual({ step: { key: { stepId: 'finished' } } });
  await stopped;
  expect(performance.now() - began).toBeLessThan(5_000);
  await expect(ask(port, get('/livez'))).rejects.toThrow('ECONNREFUSED');
});

test('after the grace, what is left gets unavailable and its handler is aborted', async () => {
  const reasons: unknown[] = [];
  let open = 0;
  const { port, server } = await startHttp({
    getStep: async (_request, context) => {
      open += 1;
      void aborted(context).then((reason) => reasons.push(reason));
      return new Promise<never>(() => {});
    },
    watchStep: async function* (_request, context) {
      yield heartbeat('1');
      open += 1;
      reasons.push(await aborted(context));
    },
  });
  const unary = askJson(port, 'GetStep', {});
  const watch = askJson(port, 'WatchStep', {});
  await until('both run', () => open === 2);
  await server.stop(50);
  expect((await unary).json()).toMatchObject({ code: 'unavailable' });
  expect((await watch).body.toString()).toContain('"code":"unavailable"');
  expect(reasons).toMatchObject([{ code: 'UNAVAILABLE' }, { code: 'UNAVAILABLE' }]);
});
