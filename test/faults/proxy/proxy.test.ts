import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { describe, expect, onTestFinished, test } from 'vitest';
import { added, bookmark, hang, json, thing } from '../../support/misbehaving-server/behaviours.ts';
import { createAuthority } from '../../support/misbehaving-server/certificates.ts';
import { startMisbehavingServer, type TlsSetup } from '../../support/misbehaving-server/server.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { type Fault, type FaultKind, noFault } from './fault.ts';
import { startProxy } from './proxy.ts';

const authority = createAuthority();
const jobs = '/apis/batch/v1/jobs';
const watching = `${jobs}?watch=true`;
const frames = [added(thing('a', 3)), bookmark(4)];
const told = frames.map((frame) => `${JSON.stringify(frame)}\n`).join('');

/** A proxy that does this one thing to everything, before a server that has a list, a watch with two frames, and calls. */
async function aProxy(kind: FaultKind, { tls = false, ms = 1, retryAfter = 0 } = {}) {
  const secure: TlsSetup | undefined = tls
    ? { ...authority.issue({ commonName: 'server', hosts: ['127.0.0.1'] }), clientCa: authority.ca }
    : undefined;
  const server = await startMisbehavingServer(secure ? { tls: secure } : {});
  onTestFinished(() => server.close());
  server.always('call', json({ done: true }));
  server.always('watch', hang(...frames));
  const fault: Fault = { ...noFault, kind, ms, retryAfter, garbage: 'no frame\n' };
  const own = authority.issue({ commonName: 'proxy', organization: 'system:masters' });
  const proxy = await startProxy({
    upstream: { server: server.url, headers: {}, tls: tls ? { ca: authority.ca, ...own } : {} },
    decide: () => fault,
    ...(tls && { tls: authority.issue({ commonName: 'proxy', hosts: ['127.0.0.1'] }) }),
  });
  onTestFinished(() => proxy.close());
  return { server, proxy, ask: asker(proxy.url) };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
  readonly ended: 'whole' | 'cut';
}

/** Asks once; rejects when there is no answer at all. `until` leaves as soon as so much text is there. */
const asker =
  (url: string) =>
  (
    path: string,
    { method = 'GET', body = '', leaveAfter = Number.POSITIVE_INFINITY } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      let cut: (() => void) | undefined;
      const options = { method, ca: authority.ca, agent: false, headers: { authorization: 'Bearer mine' } };
      const call = (url.startsWith('https') ? requestTls : request)(
        new URL(path, url),
        options,
        (response) => {
          let text = '';
          const answer = (ended: Answer['ended']) =>
            resolve({
              status: response.statusCode ?? 0,
              text,
              retryAfter: response.headers['retry-after'],
              ended,
            });
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
            if (text.length < leaveAfter) return;
            answer('whole');
            call.destroy();
          });
          response.on('end', () => answer('whole'));
          cut = () => answer('cut');
        },
      );
      call.on('error', (error) => (cut === undefined ? reject(error) : cut()));
      call.end(body);
    });

describe('without a fault', () => {
  test.each([false, true])('it passes calls and frames on, TLS: %s', async (tls) => {
    const { ask, server, proxy } = await aProxy('none', { tls });
    const call = await ask('/api/v1/namespaces', { method: 'POST', body: '{"a":1}' });
    expect(call).toMatchObject({ status: 200, text: '{"done":true}', ended: 'whole' });
    expect(server.of('call')).toMatchObject([
      { method: 'POST', body: '{"a":1}', path: '/api/v1/namespaces' },
    ]);
    expect(server.of('call')[0]?.headers.authorization).toBe(tls ? undefined : 'Bearer mine');
    expect(server.of('call')[0]?.client).toBe(tls ? 'proxy' : undefined);
    expect((await ask(watching, { leaveAfter: told.length })).text).toBe(told);
    expect(proxy.played()).toEqual({ none: 2 });
  });

  test('a client that leaves takes the watch at the API server with it', async () => {
    const { ask, server } = await aProxy('none');
    await ask(watching, { leaveAfter: told.length });
    await until('the watch is closed', () => server.connections().open === 0);
  });
});

describe('calls', () => {
  test.each([false, true])('reset: the API server hears nothing, TLS: %s', async (tls) => {
    const { ask, server } = await aProxy('reset', { tls });
    await expect(ask('/version')).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(server.requests).toEqual([]);
  });

  test('lose-answer: the API server has done it', async () => {
    const { ask, server } = await aProxy('lose-answer');
    await expect(ask('/api/v1/pods/a', { method: 'PATCH' })).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect(server.of('call')).toHaveLength(1);
  });

  test.each(['stall', 'stall-answer'] as const)('%s: taken and not answered', async (kind) => {
    const { ask, server, proxy } = await aProxy(kind);
    const answer = ask('/version').catch((error: Error) => error.message);
    await until('it is taken', () => proxy.played()[kind] === 1);
    if (kind === 'stall-answer') await until('it is done', () => server.requests.length === 1);
    expect(proxy.connections().open).toBe(1);
    proxy.cut();
    expect(await answer).toMatch(/ECONNRESET|socket hang up/);
    expect(server.requests).toHaveLength(kind === 'stall' ? 0 : 1);
  });

  test.each([
    ['expired', 410, 'Expired', undefined],
    ['throttled', 429, 'TooManyRequests', '1'],
    ['error-500', 500, 'InternalError', undefined],
    ['unavailable', 503, 'ServiceUnavailable', '1'],
  ] as const)('%s: %d', async (kind, status, reason, retryAfter) => {
    const { ask, server } = await aProxy(kind, { retryAfter: 1 });
    for (const path of ['/version', jobs, watching]) {
      const answer = await ask(path);
      expect(answer).toMatchObject({ status, retryAfter });
      expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', code: status, reason });
    }
    expect(server.requests).toEqual([]);
  });

  test('half: a cut in the middle of the answer', async () => {
    const { ask } = await aProxy('half');
    expect(await ask('/version')).toMatchObject({ status: 200, text: '{"done', ended: 'cut' });
  });

  test('half-closed: half an answer that looks whole', async () => {
    const { ask } = await aProxy('half-closed');
    expect(await ask('/version')).toMatchObject({ status: 200, text: '{"done', ended: 'whole' });
  });

  test('garbage and delay', async () => {
    expect(await (await aProxy('garbage')).ask('/version')).toMatchObject({
      status: 200,
      text: 'no frame\n',
    });
    const late = await aProxy('delay', { ms: 60 });
    const began = performance.now();
    expect((await late.ask('/version')).text).toBe('{"done":true}');
    expect(performance.now() - began).toBeGreaterThan(50);
  });
});

describe('watches', () => {
  test.each([
    ['later-reset', '', 'cut'],
    ['later-closed', '', 'whole'],
    ['later-garbage', 'no frame\n', 'whole'],
  ] as const)('%s', async (kind, more, ended) => {
    const { ask } = await aProxy(kind, { ms: 200 });
    expect(await ask(watching)).toMatchObject({ status: 200, text: told + more, ended });
  });

  test('later-expired: an ERROR frame, and an orderly end', async () => {
    const { ask } = await aProxy('later-expired', { ms: 200 });
    const { text, ended } = await ask(watching);
    expect(JSON.parse(text.slice(told.length))).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    expect([text.startsWith(told), ended]).toEqual([true, 'whole']);
  });

  test('later-stall: open and silent, whatever the API server says', async () => {
    const { ask, proxy } = await aProxy('later-stall', { ms: 1 });
    const answer = ask(watching);
    await until('it is taken', () => proxy.played()['later-stall'] === 1);
    const silent = await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 300, 'silent'))]);
    expect(silent).toBe('silent');
    proxy.cut();
    expect(await answer).toMatchObject({ ended: 'cut' });
  });

  test.each([
    ['later-half', 'cut'],
    ['later-half-closed', 'whole'],
  ] as const)('%s: the next frame is cut in half', async (kind, ended) => {
    const { ask, server } = await aProxy(kind, { ms: 100 });
    const late = `${JSON.stringify(added(thing('late', 5)))}\n`;
    server.always('watch', async (...exchange) => {
      await hang(...frames)(...exchange);
      setTimeout(() => exchange[1].write(late), 300);
    });
    const answer = await ask(watching);
    expect(answer).toMatchObject({ text: told + late.slice(0, late.length >> 1), ended });
  });

  test('slow: all of it, late', async () => {
    const { ask } = await aProxy('slow', { ms: 80 });
    const began = performance.now();
    expect((await ask(watching, { leaveAfter: told.length })).text).toBe(told);
    expect(performance.now() - began).toBeGreaterThan(70);
  });
});

describe('the front', () => {
  test.each([false, true])(
    'silent: nothing moves, also in mid-stream, until it is over; TLS: %s',
    async (tls) => {
      const { ask, proxy, server } = await aProxy('none', { tls });
      let heard = '';
      server.always('watch', (_, response) => {
        hang(...frames)(_, response, response.socket as never);
        setTimeout(() => response.write(`${JSON.stringify(bookmark(9))}\n`), 150);
      });
      const stream = ask(watching, { leaveAfter: told.length + 20 }).then(({ text }) => {
        heard = text;
      });
      await until('the watch is open', () => server.of('watch').length === 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await proxy.set('silent');
      const call = ask('/version');
      const first = await Promise.race([
        call,
        stream,
        new Promise((resolve) => setTimeout(resolve, 400, 'silence')),
      ]);
      expect([first, heard]).toEqual(['silence', '']);
      await proxy.set('open');
      expect((await call).text).toBe('{"done":true}');
      await stream;
      expect(heard).toContain('"9"');
    },
  );

  test('shut: refused, and what was open is cut; then the same port again', async () => {
    const { ask, proxy, server } = await aProxy('none');
    const stream = ask(watching);
    await until('the watch is open', () => server.of('watch').length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await proxy.set('shut');
    expect((await stream).ended).toBe('cut');
    await expect(ask('/version')).rejects.toThrow('ECONNREFUSED');
    expect(proxy.mode()).toBe('shut');
    await proxy.set('open');
    expect((await ask('/version')).status).toBe(200);
  });
});
