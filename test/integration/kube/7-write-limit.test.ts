import { describe, expect, test } from 'vitest';
import { createKubeClient } from '../../../src/kube/client.ts';
import { createWriteLimiter, type WriteSlot } from '../../../src/kube/write-limiter.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { gated, json, refuse } from '../../support/misbehaving-server/behaviours.ts';
import { createTestClock } from '../../support/misbehaving-server/test-clock.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aServer, aTransport } from './harness.ts';

const opened = () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  return { gate, open: () => open() };
};

describe('7. write limit: the limiter', () => {
  test('halves on a 429, once per round, and grows by one per round of successes', async () => {
    const limiter = createWriteLimiter({ max: 8 });
    const take = (count: number) =>
      Promise.all(Array.from({ length: count }, () => limiter.acquire('create')));
    const round = async (count: number, outcome: 'ok' | 'throttled') => {
      for (const slot of await take(count)) slot.release(outcome);
      return limiter.status().limit;
    };
    expect(await round(8, 'throttled')).toBe(4);
    expect(await round(4, 'throttled')).toBe(2);
    expect(await round(2, 'throttled')).toBe(1);
    expect(await round(1, 'throttled')).toBe(1);
    expect(await round(1, 'ok')).toBe(2);
    expect(await round(2, 'ok')).toBe(2);
    expect(await round(1, 'ok')).toBe(3);
    for (let i = 0; i < 20; i += 1) await round(1, 'ok');
    expect(limiter.status().limit).toBeGreaterThanOrEqual(6);
    for (let i = 0; i < 40; i += 1) await round(1, 'ok');
    expect(limiter.status().limit).toBe(8);
  });

  test('a write that began before the last halving does not halve again', async () => {
    const limiter = createWriteLimiter({ max: 8 });
    const [early, other] = await Promise.all([limiter.acquire('create'), limiter.acquire('create')]);
    early?.release('throttled');
    other?.release('throttled');
    expect(limiter.status().limit).toBe(4);
  });

  test('a slot that is given back twice counts once', async () => {
    const limiter = createWriteLimiter({ max: 2 });
    const slot = await limiter.acquire('create');
    await limiter.acquire('create');
    slot.release('failed');
    slot.release('failed');
    expect(limiter.status().inFlight).toBe(1);
  });

  test('cancels go before creates that came earlier', async () => {
    const limiter = createWriteLimiter({ max: 1, cancelReserve: 0 });
    const order: string[] = [];
    const first = await limiter.acquire('create');
    const wait = (priority: 'cancel' | 'create', label: string) =>
      limiter.acquire(priority).then((slot) => {
        order.push(label);
        slot.release('ok');
      });
    const all = [
      wait('create', 'create 1'),
      wait('create', 'create 2'),
      wait('cancel', 'cancel 1'),
      wait('cancel', 'cancel 2'),
    ];
    first.release('ok');
    await Promise.all(all);
    expect(order).toEqual(['cancel 1', 'cancel 2', 'create 1', 'create 2']);
  });

  test('what completes a step goes before records and before more of them', async () => {
    const limiter = createWriteLimiter({ max: 1, cancelReserve: 0 });
    const order: string[] = [];
    const first = await limiter.acquire('create');
    const all = (['create', 'record', 'complete', 'cancel', 'complete'] as const).map(async (priority) => {
      const slot = await limiter.acquire(priority);
      order.push(priority);
      slot.release('ok');
    });
    expect(limiter.status()).toMatchObject({ waitingCompletions: 2 });
    first.release('ok');
    await Promise.all(all);
    expect(order).toEqual(['cancel', 'complete', 'complete', 'record', 'create']);
  });

  test('records and creates go by turns while both wait, and each alone as fast as it can', async () => {
    const limiter = createWriteLimiter({ max: 1, cancelReserve: 0 });
    const order: string[] = [];
    const first = await limiter.acquire('create');
    const wait = (priority: 'record' | 'create', count: number) =>
      Array.from({ length: count }, async () => {
        const slot = await limiter.acquire(priority);
        order.push(priority);
        slot.release('ok');
      });
    const all = [...wait('create', 2), ...wait('record', 4)];
    expect(limiter.status()).toMatchObject({ waitingCreates: 2, waitingRecords: 4 });
    first.release('ok');
    await Promise.all(all);
    expect(order).toEqual(['record', 'create', 'record', 'create', 'record', 'record']);
  });

  test('a queue that creates have filled has room for a record', async () => {
    const limiter = createWriteLimiter({ max: 1, queueLimit: 2, cancelReserve: 0 });
    const slot = await limiter.acquire('create');
    const create = limiter.acquire('create');
    await expect(limiter.acquire('create')).rejects.toThrow('too many writes');
    const record = limiter.acquire('record');
    slot.release('ok');
    (await record).release('ok');
    (await create).release('ok');
    expect(limiter.status()).toMatchObject({ inFlight: 0, waitingRecords: 0 });
  });

  test('a namespace that wants many writes holds up itself alone: others go in between, and find room', async () => {
    const limiter = createWriteLimiter({ max: 1, queueLimit: 8, cancelReserve: 0 });
    const first = await limiter.acquire('create', undefined, 'crowd');
    const order: string[] = [];
    const wait = async (namespace: string) => {
      const slot = await limiter.acquire('create', undefined, namespace);
      order.push(namespace);
      slot.release('ok');
    };
    const all = ['crowd', 'crowd', 'crowd', 'crowd'].map(wait);
    await expect(limiter.acquire('create', undefined, 'crowd')).rejects.toThrow('too many writes');
    all.push(wait('quiet'), wait('other'), wait('quiet'));
    // However many want more: there is always some room for one who has nothing yet.
    await expect(limiter.acquire('create', undefined, 'quiet')).rejects.toThrow('too many writes');
    all.push(wait('newcomer'));
    first.release('ok');
    await Promise.all(all);
    expect(order).toEqual(['crowd', 'quiet', 'other', 'newcomer', 'crowd', 'quiet', 'crowd', 'crowd']);
  });

  test('creates that hang do not hold up a cancel', async () => {
    const limiter = createWriteLimiter({ max: 1, cancelReserve: 1 });
    await limiter.acquire('create');
    const cancel = await limiter.acquire('cancel');
    expect(limiter.status().inFlight).toBe(2);
    let granted: WriteSlot | undefined;
    void limiter.acquire('create').then((slot) => (granted = slot));
    cancel.release('ok');
    await Promise.resolve();
    expect(granted).toBeUndefined();
  });

  test('beyond the waiting queue it is UNAVAILABLE with a time, and cancels have a queue of their own', async () => {
    const limiter = createWriteLimiter({ max: 1, queueLimit: 4, cancelReserve: 0 });
    const slot = await limiter.acquire('create');
    const waiting = [limiter.acquire('create'), limiter.acquire('create')];
    const refused = await limiter.acquire('create').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ExecutorError);
    expect(refused).toMatchObject({
      code: 'UNAVAILABLE',
      reason: 'KUBERNETES_WRITE_QUEUE_FULL',
      retryAfterMs: 1_000,
    });
    const cancel = limiter.acquire('cancel');
    slot.release('ok');
    (await cancel).release('ok');
    for (const next of waiting) (await next).release('ok');
    expect(limiter.status()).toMatchObject({ inFlight: 0, waitingCreates: 0, waitingCancels: 0 });
  });

  test('an aborted waiter leaves the queue, and no slot is lost to it', async () => {
    const limiter = createWriteLimiter({ max: 1, cancelReserve: 0 });
    const slot = await limiter.acquire('create');
    const leaving = new AbortController();
    const left = limiter.acquire('create', leaving.signal);
    const stays = limiter.acquire('create');
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    slot.release('ok');
    (await stays).release('ok');
    expect(limiter.status()).toMatchObject({ inFlight: 0, waitingCreates: 0 });
    await expect(limiter.acquire('create', leaving.signal)).rejects.toThrow('gone');
  });
});

describe('7. write limit: on the wire', () => {
  test('no more writes are in flight than the limit; reads and dry runs pass by', async () => {
    const server = await aServer();
    const { gate, open } = opened();
    server.always('call', (request, response, socket) =>
      (request.method === 'POST' && !request.query.dryRun ? gated(gate, json({})) : json({}))(
        request,
        response,
        socket,
      ),
    );
    const writes = createWriteLimiter({ max: 3, cancelReserve: 1 });
    const kube = createKubeClient({ transport: aTransport(server, { writes }) });
    const creates = Array.from({ length: 10 }, (_, i) =>
      kube.createJob('ns', { metadata: { name: `j${i}` } }),
    );
    await until('three creates', () => server.of('call').length === 3);
    await kube.getJob('ns', 'j1');
    await kube.createJob('ns', { metadata: { name: 'dry' } }, { dryRun: true });
    await kube.patchJob('ns', 'j1', { spec: { activeDeadlineSeconds: 0 } }, { priority: 'cancel' });
    expect(server.of('call')).toHaveLength(6);
    expect(writes.status()).toMatchObject({ inFlight: 3, waitingCreates: 7 });
    open();
    await Promise.all(creates);
    expect(writes.status()).toMatchObject({ inFlight: 0, waitingCreates: 0, limit: 3 });
  });

  test('writes into another namespace go between those that one namespace waits for', async () => {
    const server = await aServer();
    const { gate, open } = opened();
    server.always('call', gated(gate, json({})));
    const writes = createWriteLimiter({ max: 1 });
    const kube = createKubeClient({ transport: aTransport(server, { writes }) });
    const into = (namespace: string) => kube.createJob(namespace, { metadata: { name: 'j' } });
    const creates = ['crowd', 'crowd', 'crowd', 'quiet'].map(into);
    await until('the others wait', () => writes.status().waitingCreates === 3);
    open();
    await Promise.all(creates);
    const order = server.of('call').map(({ path }) => /namespaces\/(\w+)/.exec(path)?.[1]);
    expect(order).toEqual(['crowd', 'crowd', 'quiet', 'crowd']);
  });

  test('a 429 halves the limit, is waited out, and gives its slot to others meanwhile', async () => {
    const server = await aServer();
    const clock = createTestClock();
    const writes = createWriteLimiter({ max: 8 });
    const kube = createKubeClient({ transport: aTransport(server, { writes, clock }) });
    server.script(
      'call',
      refuse(429, 'TooManyRequests', { retryAfter: 2 }),
      json({ metadata: { name: 'made' } }),
    );
    const job = await kube.createJob('ns', { metadata: { name: 'made' } });
    expect(job.metadata?.name).toBe('made');
    expect(clock.sleeps).toEqual([2_200]);
    expect(writes.status()).toMatchObject({ limit: 4, inFlight: 0 });
  });

  test('a write whose caller goes away while it waits is never sent', async () => {
    const server = await aServer();
    const { gate, open } = opened();
    server.script('call', gated(gate, json({})));
    const writes = createWriteLimiter({ max: 1 });
    const kube = createKubeClient({ transport: aTransport(server, { writes }) });
    const first = kube.createJob('ns', { metadata: { name: 'first' } });
    await until('the first', () => server.of('call').length === 1);
    const caller = new AbortController();
    const second = kube.createJob('ns', { metadata: { name: 'second' } }, { signal: caller.signal });
    await until('the second to wait', () => writes.status().waitingCreates === 1);
    caller.abort(new Error('hung up'));
    await expect(second).rejects.toThrow('hung up');
    open();
    await first;
    expect(server.of('call')).toHaveLength(1);
  });
});
