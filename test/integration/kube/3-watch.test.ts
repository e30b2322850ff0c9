import { describe, expect, test } from 'vitest';
import {
  added,
  bookmark,
  close,
  deleted,
  errorFrame,
  gated,
  hang,
  list,
  modified,
  page,
  refuse,
  reset,
  thing,
} from '../../support/misbehaving-server/behaviours.ts';
import { startMisbehavingServer } from '../../support/misbehaving-server/server.ts';
import { createTestClock } from '../../support/misbehaving-server/test-clock.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aReflector, aServer, aTransport } from './harness.ts';

const DEFAULTS = { baseMs: 800, capMs: 30_000 };

describe('3. watch', () => {
  test('asks for bookmarks and for a time limit drawn from 300 to 600 seconds', async () => {
    const server = await aServer();
    const draws = [0, 0.5, 1];
    server.script('watch', close(bookmark(2)), close(bookmark(3)), hang());
    aReflector(server, { random: () => draws.shift() ?? 0 });
    await until('three watches', () => server.of('watch').length === 3);
    expect(server.of('watch').map(({ query }) => query)).toEqual([
      { resourceVersion: '1', watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: '300' },
      { resourceVersion: '2', watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: '450' },
      { resourceVersion: '3', watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: '600' },
    ]);
  });

  test('a clean close is resumed at once from the last version, without a list and without a pause', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('watch', close(added(thing('a', 5))), close(modified(thing('a', 6)), bookmark(9)), hang());
    const { reflector } = aReflector(server, { clock });
    await until('the third watch', () => reflector.status().watches === 3);
    expect(server.of('watch').map(({ query }) => query.resourceVersion)).toEqual(['1', '5', '9']);
    expect(clock.sleeps).toEqual([]);
    expect(reflector.status()).toMatchObject({ lists: 1, relists: 0, errors: 0, reconnects: 2 });
  });

  test('a bookmark moves the version and tells nobody', async () => {
    const server = await aServer();
    server.script('watch', hang(bookmark(12)));
    const { reflector, told } = aReflector(server);
    await until('the bookmark', () => reflector.status().resourceVersion === '12');
    expect(reflector.status().bookmarks).toBe(1);
    expect(told).toEqual([]);
  });

  test('a silent watch is given up after the idle time and resumed at once', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('watch', hang(bookmark(4)), hang());
    const { reflector } = aReflector(server, { clock, tuning: { idleMs: 40 } });
    await until('the second watch', () => server.of('watch').length === 2);
    expect(server.of('watch')[1]?.query.resourceVersion).toBe('4');
    expect(clock.sleeps).toEqual([]);
    expect(reflector.status()).toMatchObject({ idleTimeouts: 1, lists: 1 });
  });

  test('the idle time is 120 seconds unless told otherwise', async () => {
    const asked: number[] = [];
    const server = await aServer();
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const { call } = aTransport(server);
    const stream = async ({ idleMs, signal }: { idleMs: number; signal?: AbortSignal | undefined }) => {
      asked.push(idleMs);
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      return never;
    };
    aReflector(server, { transport: { call, stream } });
    await until('the watch', () => asked.length === 1);
    expect(asked).toEqual([120_000]);
  });

  test.each([
    ['410 as a status', refuse(410, 'Expired')],
    ['410 Gone from an old server', refuse(410, 'Gone')],
    ['410 as an ERROR frame', hang(errorFrame(410, 'Expired'))],
    ['Expired with another code', hang(errorFrame(500, 'Expired'))],
  ])('%s: relist at once', async (_, behaviour) => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('list', list([], { version: 5 }), list([thing('b', 9)], { version: 9 }));
    server.script('watch', behaviour, hang());
    const { reflector, told } = aReflector(server, { clock });
    await until('the second watch', () => server.of('watch').length === 2);
    expect(server.of('watch')[1]?.query.resourceVersion).toBe('9');
    expect(told).toEqual(['added b@9 (list)']);
    expect(clock.sleeps).toEqual([]);
    expect(reflector.status()).toMatchObject({ relists: 1, errors: 0 });
  });

  test('a server that says Expired to everything is not asked in a hot loop', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('watch', refuse(410, 'Expired'), refuse(410, 'Expired'), refuse(410, 'Expired'), hang());
    aReflector(server, { clock, tuning: DEFAULTS });
    await until('the fourth watch', () => server.of('watch').length === 4);
    expect(clock.sleeps).toEqual([400, 800]);
  });

  test('Expired again after progress is a new case, and is relisted at once', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('watch', refuse(410, 'Expired'), hang(bookmark(5), errorFrame(410, 'Expired')), hang());
    aReflector(server, { clock });
    await until('the third watch', () => server.of('watch').length === 3);
    expect(clock.sleeps).toEqual([]);
  });

  test('closed at once without a frame, twice: relist; the first time only resumes', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('watch', close(), close(), hang());
    const { reflector } = aReflector(server, { clock });
    await until('the third watch', () => server.of('watch').length === 3);
    expect(server.requests.map(({ kind }) => kind)).toEqual(['list', 'watch', 'watch', 'list', 'watch']);
    expect(clock.sleeps).toHaveLength(2);
    expect(reflector.status().relists).toBe(1);
  });

  test('closed at once twice, but with progress between: no relist', async () => {
    const server = await aServer();
    server.script('watch', close(), close(bookmark(5)), close(), close(bookmark(6)), hang());
    const { reflector } = aReflector(server);
    await until('the fifth watch', () => server.of('watch').length === 5);
    expect(reflector.status().lists).toBe(1);
  });

  test.each([
    ['429', refuse(429, 'TooManyRequests')],
    ['500', refuse(500, 'InternalError')],
    ['503 from a load balancer', page(503, '<html>no backend</html>')],
    ['403', refuse(403, 'Forbidden')],
    ['an ERROR frame of 500', hang(errorFrame(500, 'InternalError'))],
    ['a reset', reset()],
  ])('%s: back off and keep the version; no relist', async (_, behaviour) => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('list', list([thing('a', 6)], { version: 7 }));
    server.script('watch', behaviour, behaviour, hang());
    const { reflector } = aReflector(server, { clock, tuning: DEFAULTS });
    await until('the third watch', () => server.of('watch').length === 3);
    expect(server.of('watch').map(({ query }) => query.resourceVersion)).toEqual(['7', '7', '7']);
    expect(clock.sleeps).toEqual([400, 800]);
    expect(reflector.status()).toMatchObject({ lists: 1, relists: 0, errors: 2 });
  });

  test('a reset in the middle of the stream resumes after the last frame', async () => {
    const server = await aServer();
    server.script('watch', hang(added(thing('a', 5))), hang(added(thing('b', 6))));
    const { told } = aReflector(server);
    await until('a', () => told.length === 1);
    server.cut();
    await until('b', () => told.length === 2);
    expect(server.of('watch')[1]?.query.resourceVersion).toBe('5');
    expect(server.of('list')).toHaveLength(1);
  });

  test('a server that is gone and comes back is found again, without a relist', async () => {
    const first = await startMisbehavingServer();
    const { reflector, told } = aReflector(first);
    await until('watching', () => reflector.status().state === 'watching');
    await first.close();
    await until('refusals', () => reflector.status().errors >= 3);
    const second = await aServer({ port: first.port });
    second.script('watch', hang(added(thing('a', 5))));
    await until('a', () => told.length === 1);
    expect(second.of('list')).toEqual([]);
    expect(second.of('watch')[0]?.query.resourceVersion).toBe('1');
  });

  test('the pause doubles from 0.8 s to 30 s, with full jitter', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('watch', ...Array.from({ length: 8 }, () => reset()));
    aReflector(server, { clock, random: () => 1, tuning: DEFAULTS });
    await until('the ninth watch', () => server.of('watch').length === 9);
    expect(clock.sleeps).toEqual([800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  });

  test('the pause is never under Retry-After, from the header or from an ERROR frame', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script(
      'watch',
      refuse(429, 'TooManyRequests', { retryAfter: 7 }),
      hang(errorFrame(429, 'TooManyRequests', { retryAfterSeconds: 9 })),
      hang(),
    );
    aReflector(server, { clock, random: () => 0, tuning: DEFAULTS });
    await until('the third watch', () => server.of('watch').length === 3);
    expect(clock.sleeps).toEqual([7_000, 9_000]);
  });

  test('the list backs off in the same way, and is asked for again until it is complete', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script(
      'list',
      refuse(500, 'InternalError'),
      refuse(429, 'TooManyRequests', { retryAfter: 5 }),
      reset(),
    );
    const { reflector } = aReflector(server, { clock, tuning: DEFAULTS });
    await reflector.synced;
    // The second in two parts: what the server asked for, and the back-off's own.
    expect(clock.sleeps).toEqual([400, 5_000, 800, 1_600]);
    expect(server.of('list')).toHaveLength(4);
  });

  test('a pause is cut short when the API server is known to answer again, but not what it has asked for', async () => {
    const server = await aServer();
    server.script('watch', refuse(500, 'InternalError'), refuse(429, 'TooManyRequests', { retryAfter: 1 }));
    const { reflector } = aReflector(server, { tuning: { baseMs: 60_000, capMs: 60_000 } });
    await until('the first pause', () => reflector.status().state === 'backoff');
    reflector.hasten();
    await until('the second watch', () => server.of('watch').length === 2);
    const refused = performance.now();
    await until('the second pause', () => reflector.status().errors === 2);
    reflector.hasten();
    await until('the third watch', () => server.of('watch').length === 3);
    expect(performance.now() - refused).toBeGreaterThan(900);
  });

  test('a watch that is known to be dead is resumed on another connection, and what came and went is told', async () => {
    const server = await aServer();
    server.script('list', list([thing('a', 3)], { version: 3 }));
    server.script('watch', hang(bookmark(4)), hang(modified(thing('a', 5)), deleted(thing('a', 6))));
    const { reflector, told } = aReflector(server);
    await until('the bookmark', () => reflector.status().bookmarks === 1);
    reflector.reconnect();
    await until('the deletion', () => told.length === 3);
    expect(told).toEqual(['added a@3 (list)', 'updated a@5', 'deleted a@6']);
    expect(server.of('watch').map(({ query }) => query.resourceVersion)).toEqual(['3', '4']);
    expect(new Set(server.of('watch').map(({ connection }) => connection)).size).toBe(2);
    expect(reflector.status()).toMatchObject({ lists: 1, errors: 0 });
  });

  test('only a watch is resumed: a list goes on', async () => {
    const server = await aServer();
    const gate = Promise.withResolvers<void>();
    server.script('list', gated(gate.promise, list([thing('a', 3)], { version: 3 })));
    const { reflector } = aReflector(server);
    await until('the list is asked for', () => server.of('list').length === 1);
    reflector.reconnect();
    gate.resolve();
    await until('watching', () => reflector.status().state === 'watching');
    expect(server.of('list')).toHaveLength(1);
  });

  test('two healthy minutes let the next pause begin small again; less does not', async () => {
    const server = await aServer();
    const clock = createTestClock();
    server.script('watch', reset(), reset(), hang(bookmark(2)), hang(bookmark(3)));
    const { reflector } = aReflector(server, { clock, tuning: DEFAULTS });
    await until('the first bookmark', () => reflector.status().bookmarks === 1);
    clock.advance(119_000);
    server.cut();
    await until('the second bookmark', () => reflector.status().bookmarks === 2);
    clock.advance(121_000);
    server.cut();
    await until('the fifth watch', () => server.of('watch').length === 5);
    expect(clock.sleeps).toEqual([400, 800, 1_600, 400]);
  });

  test('stop ends a watch at once, and nothing is told after it', async () => {
    const server = await aServer();
    server.script('watch', hang(added(thing('a', 2))));
    const { reflector, told } = aReflector(server);
    await until('a', () => told.length === 1);
    await reflector.stop();
    expect(reflector.status().state).toBe('stopped');
    await until('the connection to close', () => server.connections().open <= 1);
    expect(told).toHaveLength(1);
  });

  test('stop ends a pause at once, and whoever waits for the first list is told', async () => {
    const server = await aServer();
    server.always('list', refuse(500, 'InternalError'));
    const { reflector } = aReflector(server, { tuning: { baseMs: 600_000, capMs: 600_000 } });
    const waiting = expect(reflector.synced).rejects.toThrow('stopped');
    await until('the pause', () => reflector.status().state === 'backoff');
    await reflector.stop();
    await waiting;
  });
});
