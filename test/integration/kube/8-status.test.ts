import { describe, expect, test } from 'vitest';
import { createFreshness, type FreshnessDeps, type Silence } from '../../../src/kube/freshness.ts';
import { collectionProbes } from '../../../src/kube/probe.ts';
import { NEW_STATUS, type ReflectorStatus } from '../../../src/kube/reflector-status.ts';
import { compareVersions, hasReached } from '../../../src/lib/resource-version.ts';
import {
  added,
  bookmark,
  close,
  hang,
  json,
  list,
  refuse,
  thing,
} from '../../support/misbehaving-server/behaviours.ts';
import { createTestClock } from '../../support/misbehaving-server/test-clock.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aReflector, aServer, aTransport, JOBS } from './harness.ts';

describe('8. status', () => {
  test('tells synced, state, version, size, lists, relists, watches, reconnects, errors and last activity', async () => {
    const server = await aServer();
    const clock = createTestClock(5_000);
    server.script('list', list([thing('a', 3)], { version: 4 }), list([thing('a', 3)], { version: 8 }));
    server.script(
      'watch',
      refuse(500, 'InternalError'),
      refuse(410, 'Expired'),
      close(bookmark(9)),
      hang(added(thing('b', 10))),
    );
    const seen: string[] = [];
    const onStatus = ({ state, synced }: ReflectorStatus) =>
      void seen.push(`${state}${synced ? ' synced' : ''}`);
    const { reflector } = aReflector(server, { clock, onStatus });
    expect(reflector.status()).toMatchObject({ state: 'listing', synced: false });
    await until('b', () => reflector.status().events === 1);
    expect(reflector.status()).toEqual({
      ...NEW_STATUS,
      state: 'watching',
      synced: true,
      lastActivity: clock.now(),
      resourceVersion: '10',
      size: 2,
      lists: 2,
      relists: 1,
      watches: 2,
      reconnects: 1,
      events: 1,
      bookmarks: 1,
      errors: 1,
      lastError: 'ApiError: GET /apis/batch/v1/jobs: 500 InternalError: InternalError',
    });
    expect(seen.slice(0, 4)).toEqual(['listing', 'listing synced', 'connecting synced', 'backoff synced']);
    expect(seen.at(-1)).toBe('watching synced');
    await reflector.stop();
    expect(seen.at(-1)).toBe('stopped synced');
  });

  test('counts refusals for want of a right, until a watch is open again', async () => {
    const server = await aServer();
    const message = 'jobs is forbidden: User "u" cannot watch resource "jobs" in API group "batch"';
    const cannot = json({ reason: 'Forbidden', message }, 403);
    server.script('list', list([thing('a', 3)], { version: 4 }));
    server.script('watch', cannot, cannot, refuse(500, 'InternalError'), cannot, hang(bookmark(9)));
    const counts: number[] = [];
    const { reflector } = aReflector(server, {
      onStatus: ({ state, refusals }) => state === 'backoff' && void counts.push(refusals),
    });
    await until('a watch', () => reflector.status().bookmarks === 1);
    expect(counts).toEqual([1, 2, 0, 1]);
    expect(reflector.status().refusals).toBe(0);
  });

  test.each([
    ['9', '10', -1],
    ['10', '10', 0],
    ['11', '9', 1],
    ['9007199254740993', '9007199254740992', 1],
    ['007', '7', 0],
    ['', '7', undefined],
    ['7', 'abc', undefined],
  ])('versions %j and %j compare as integers', (a, b, sign) => {
    const order = compareVersions(a, b);
    expect(order === undefined ? undefined : Math.sign(order)).toBe(sign);
    expect(hasReached(a, b)).toBe(sign !== undefined && sign >= 0);
  });
});

/** A prober whose interval ends only when the test says so. */
function aProber(probe: FreshnessDeps['probe'], deps: Partial<FreshnessDeps> = {}) {
  const clock = createTestClock(0);
  const doubts: string[] = [];
  const view = { version: '1' };
  let wake: (() => void) | undefined;
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason));
      wake = () => {
        clock.advance(ms);
        resolve();
      };
    });
  const freshness = createFreshness({
    probe,
    reached: () => view.version,
    onDoubt: (why) => void doubts.push(why),
    clock: { now: clock.now, sleep },
    ...deps,
  });
  freshness.start();
  const asleep = () => until('the prober to sleep', () => wake);
  const tick = async () => {
    const resume = await asleep();
    wake = undefined;
    resume();
    await asleep();
  };
  return { freshness, clock, doubts, tick, view };
}

describe('8. freshness', () => {
  test('is unknown before any proof, and proven at the instant of the probe that the view has reached', async () => {
    const revisions = ['5', '7', '9'];
    const { freshness, clock, tick, view } = aProber(async () => revisions.shift() ?? '9');
    await tick();
    expect(freshness.status()).toMatchObject({
      ageMs: Number.POSITIVE_INFINITY,
      pending: 2,
      probedAt: 5_000,
    });
    view.version = '6';
    expect(freshness.status()).toMatchObject({ provenAt: 0, ageMs: 5_000, pending: 1 });
    view.version = '8';
    clock.advance(250);
    expect(freshness.status()).toMatchObject({ provenAt: 5_000, ageMs: 250, pending: 0 });
    await freshness.stop();
  });

  test('a view that stays behind grows old although probes are answered, until a new list is asked for', async () => {
    const { freshness, doubts, tick } = aProber(async () => '9', { overdueMs: 20_000 });
    for (let i = 0; i < 3; i += 1) await tick();
    expect(doubts).toEqual([]);
    for (let i = 0; i < 2; i += 1) await tick();
    expect(doubts).toEqual(['overdue']);
    for (let i = 0; i < 2; i += 1) await tick();
    expect(doubts).toEqual(['overdue']);
    await freshness.stop();
  });

  test('the list that was asked for proves everything asked before it', async () => {
    const { freshness, doubts, tick, view } = aProber(async () => '9', { overdueMs: 10_000 });
    for (let i = 0; i < 3; i += 1) await tick();
    expect(doubts).toEqual(['overdue']);
    view.version = '9';
    expect(freshness.status()).toMatchObject({ provenAt: 15_000, ageMs: 0, pending: 0 });
    await freshness.stop();
  });

  test('a store that went back (a restored etcd) is noticed', async () => {
    const { freshness, doubts, tick } = aProber(async () => '3', { reached: () => '100' });
    await tick();
    expect(doubts).toEqual(['store-went-back']);
    expect(freshness.status()).toMatchObject({ ageMs: Number.POSITIVE_INFINITY, pending: 0 });
    await freshness.stop();
  });

  test('a quiet collection is proven by a second watch that brings nothing up to the revision', async () => {
    const asked: string[] = [];
    const heard: Silence[] = [{}, { until: '8' }, { until: '9' }];
    const silence = async (since: string) => {
      asked.push(since);
      return heard.shift() ?? {};
    };
    const { freshness, tick } = aProber(async () => '9', { silence, silenceAfterMs: 0 });
    await tick();
    expect(freshness.status()).toMatchObject({ pending: 2, ageMs: Number.POSITIVE_INFINITY });
    await tick();
    expect(freshness.status()).toMatchObject({ pending: 0, provenAt: 10_000, ageMs: 0 });
    expect(asked).toEqual(['1', '1', '1']);
    await freshness.stop();
  });

  test('the second watch is asked only when proof is older than 10 s', async () => {
    let asked = 0;
    const silence = async () => {
      asked += 1;
      return {};
    };
    const { freshness, tick, view } = aProber(async () => '9', { silence });
    view.version = '9';
    await tick();
    view.version = '8';
    const before = asked;
    await tick();
    expect(asked).toBe(before);
    await tick();
    expect(asked).toBe(before + 1);
    await freshness.stop();
  });

  test('an event that another watch has seen has to come, or the view is stuck', async () => {
    const silence = async (): Promise<Silence> => ({ event: '7', until: '9' });
    const late = aProber(async () => '9', { silence: async () => ({ event: '7' }), silenceAfterMs: 0 });
    await late.tick();
    late.view.version = '7';
    for (let i = 0; i < 5; i += 1) await late.tick();
    expect(late.doubts).toEqual([]);
    await late.freshness.stop();
    const dead = aProber(async () => '9', { silence, silenceAfterMs: 0, reached: () => '1' });
    await dead.tick();
    expect(dead.doubts).toEqual([]);
    await dead.tick();
    expect(dead.doubts).toEqual(['stuck']);
    await dead.freshness.stop();
  });

  test('a watch that dies again after the list that helped is found out as soon as the first time', async () => {
    const revisions = ['5'];
    const { freshness, doubts, tick, view } = aProber(async () => revisions.at(-1) ?? '', {
      silence: async () => ({ event: revisions.at(-1) ?? '' }),
      silenceAfterMs: 0,
    });
    for (let i = 0; i < 3; i += 1) await tick();
    expect(doubts).toEqual(['stuck']);
    for (let i = 0; i < 4; i += 1) await tick();
    // That list has not helped yet: it is left its time.
    expect(doubts).toEqual(['stuck']);
    view.version = '5';
    await tick();
    revisions.push('9');
    for (let i = 0; i < 4; i += 1) await tick();
    expect(doubts).toEqual(['stuck', 'stuck']);
    await freshness.stop();
  });

  test('a second watch that fails proves nothing, and is reported', async () => {
    const errors: unknown[] = [];
    const { freshness, tick } = aProber(async () => '9', {
      silence: () => Promise.reject(new Error('410')),
      silenceAfterMs: 0,
      onError: (error) => void errors.push(error),
    });
    await tick();
    expect(freshness.status()).toMatchObject({ pending: 2, failures: 0 });
    expect(errors).toHaveLength(2);
    await freshness.stop();
  });

  test('nothing is probed before the first list', async () => {
    let probes = 0;
    const { freshness, tick, view } = aProber(async () => {
      probes += 1;
      return '1';
    });
    view.version = '';
    const before = probes;
    await tick();
    expect(probes).toBe(before);
    await freshness.stop();
  });

  test('probes without an answer are counted and prove nothing', async () => {
    const errors: unknown[] = [];
    const { freshness, tick } = aProber(() => Promise.reject(new Error('cut off')), {
      onError: (error) => void errors.push(error),
    });
    await tick();
    expect(freshness.status()).toEqual({ ageMs: Number.POSITIVE_INFINITY, failures: 2, pending: 0 });
    expect(errors).toHaveLength(2);
    await freshness.stop();
  });

  test('the first answer after probes without one says that the API server is back, and the next does not', async () => {
    const answers = [true, false, false, true, true];
    const back: string[] = [];
    const probe = () =>
      answers.shift() === false ? Promise.reject(new Error('cut off')) : Promise.resolve('1');
    const { freshness, tick } = aProber(probe, { onBack: () => void back.push('back') });
    const told: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      await tick();
      told.push(back.length);
    }
    expect(told).toEqual([0, 0, 1, 1]);
    await freshness.stop();
  });

  test('on the wire: a consistent list of one object, proven by a bookmark of the watch', async () => {
    const server = await aServer();
    server.script('list', list([thing('a', 3)], { version: 4 }));
    server.always('list', list([thing('a', 3)], { version: 20, token: 'more' }));
    server.script('watch', hang(bookmark(8)), hang(bookmark(21)));
    const { reflector } = aReflector(server);
    await until('the first bookmark', () => reflector.status().bookmarks === 1);
    const freshness = createFreshness({
      ...collectionProbes(aTransport(server), JOBS, { labelSelector: 'app=glip' }),
      silenceAfterMs: Number.POSITIVE_INFINITY,
      reached: () => reflector.status().resourceVersion,
      onDoubt: reflector.relist,
    });
    freshness.start();
    await until('the probe', () => freshness.status().probedAt !== undefined);
    expect(server.of('list').at(-1)?.query).toEqual({ limit: '1', labelSelector: 'app=glip' });
    expect(freshness.status()).toMatchObject({ pending: 1, ageMs: Number.POSITIVE_INFINITY });
    server.cut();
    await until('proof', () => freshness.status().pending === 0);
    expect(freshness.status().ageMs).toBeLessThan(5_000);
    await freshness.stop();
  });

  test('on the wire: the second watch is short, of the same collection, and read to its end', async () => {
    const server = await aServer();
    const { silence } = collectionProbes(aTransport(server), JOBS, { labelSelector: 'app=glip' });
    const ask = () => silence('4', new AbortController().signal);
    server.script(
      'watch',
      close(bookmark(9)),
      close(bookmark(8), added(thing('a', 9)), bookmark(10)),
      close(),
    );
    expect(await ask()).toEqual({ until: '9' });
    expect(await ask()).toEqual({ until: '8', event: '9' });
    expect(await ask()).toEqual({});
    server.script('watch', refuse(410, 'Expired'));
    await expect(ask()).rejects.toMatchObject({ status: 410 });
    expect(server.of('watch')[0]?.query).toEqual({
      labelSelector: 'app=glip',
      resourceVersion: '4',
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '3',
    });
  });

  test('on the wire: a restored etcd is found out by the probe, and the view follows it', async () => {
    const server = await aServer();
    server.script('list', list([thing('old', 900)], { version: 900 }));
    server.always('list', list([thing('restored', 30)], { version: 40 }));
    const { reflector, told } = aReflector(server);
    await until('watching', () => reflector.status().state === 'watching');
    const freshness = createFreshness({
      ...collectionProbes(aTransport(server), JOBS),
      reached: () => reflector.status().resourceVersion,
      onDoubt: reflector.relist,
    });
    freshness.start();
    await until('the restored view', () => told.length === 3);
    expect(told).toEqual(['added old@900 (list)', 'deleted old@900 (list)', 'added restored@30 (list)']);
    await until('the new watch', () => server.of('watch').length === 2);
    expect(server.of('watch')[1]?.query.resourceVersion).toBe('40');
    await freshness.stop();
  });

  test('relist during a pause lists next; during a list it begins the list anew', async () => {
    const server = await aServer();
    server.script('watch', refuse(500, 'InternalError'));
    const { reflector } = aReflector(server, { tuning: { baseMs: 100, capMs: 100 } });
    await until('the pause', () => reflector.status().state === 'backoff');
    reflector.relist();
    await until('watching', () => reflector.status().state === 'watching');
    expect(reflector.status()).toMatchObject({ lists: 2, watches: 1, errors: 1 });
    server.script('list', () => undefined);
    reflector.relist();
    await until('the stalled list', () => server.of('list').length === 3);
    reflector.relist();
    await until(
      'watching again',
      () => reflector.status().lists === 4 && reflector.status().state === 'watching',
    );
    expect(server.of('list')).toHaveLength(4);
    expect(reflector.status().errors).toBe(1);
  });
});
