import { describe, expect, test } from 'vitest';
import {
  added,
  bookmark,
  close,
  deleted,
  endOfInitialEvents,
  hang,
  list,
  refuse,
  stallMidBody,
  thing,
} from '../../support/misbehaving-server/behaviours.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aReflector, aServer } from './harness.ts';

describe('1. list', () => {
  test('pages of 500 are followed by their continue tokens, and the watch starts from the first page', async () => {
    const server = await aServer();
    server.script(
      'list',
      list([thing('a', 3)], { version: 7, token: 'two' }),
      list([thing('b', 4)], { version: 9, token: 'three' }),
      list([thing('c', 5)], { version: 9 }),
    );
    const { reflector, names } = aReflector(server);
    await reflector.synced;
    expect(names()).toEqual(['a@3', 'b@4', 'c@5']);
    expect(server.of('list').map(({ query }) => query)).toEqual([
      { limit: '500' },
      { limit: '500', continue: 'two' },
      { limit: '500', continue: 'three' },
    ]);
    await until('the watch', () => server.of('watch').length === 1);
    expect(server.of('watch')[0]?.query.resourceVersion).toBe('7');
  });

  test('selectors go with the list and with the watch', async () => {
    const server = await aServer();
    aReflector(server, { labelSelector: 'app=glip', fieldSelector: 'status.phase=Running' });
    await until('the watch', () => server.of('watch').length === 1);
    for (const { query } of server.requests) {
      expect(query).toMatchObject({ labelSelector: 'app=glip', fieldSelector: 'status.phase=Running' });
    }
  });

  test('the event loop runs between two pages', async () => {
    const server = await aServer();
    const turns: string[] = [];
    server.script('list', list([thing('a', 1)], { token: 'two' }), list([thing('b', 2)]));
    const project = (object: { metadata?: { name?: string } }) => {
      const name = object.metadata?.name ?? '';
      turns.push(name);
      setImmediate(() => turns.push(`after ${name}`));
      return name;
    };
    const { reflector } = aReflector(server, { project });
    await reflector.synced;
    expect(turns.slice(0, 3)).toEqual(['a', 'after a', 'b']);
  });

  test('the event loop runs between 500 changes and the next, so a long list stops nobody', async () => {
    const server = await aServer();
    server.script('list', list(Array.from({ length: 1_200 }, (_, i) => thing(`j${i}`, i + 1))));
    let turn = 0;
    const turns: number[] = [];
    const onDelta = () => {
      if (turns.push(turn) === 1)
        setImmediate(function next() {
          turn += 1;
          if (turns.length < 1_200) setImmediate(next);
        });
    };
    const { reflector } = aReflector(server, { onDelta });
    await reflector.synced;
    expect(turns).toHaveLength(1_200);
    expect(turns[499]).toBe(0);
    expect(turns[500]).toBeGreaterThan(0);
    expect(turns[1_000]).toBeGreaterThan(turns[999] ?? 0);
  });

  test('a relist after a suspicious watch asks for anything not older than the last version', async () => {
    const server = await aServer();
    server.script('list', list([thing('a', 3)], { version: 7 }), list([thing('a', 3)], { version: 8 }));
    server.script('watch', close(), close());
    const { reflector } = aReflector(server);
    await until('the relist', () => reflector.status().relists === 1);
    await until('the third watch', () => server.of('watch').length === 3);
    expect(server.of('list')[1]?.query).toEqual({
      limit: '500',
      resourceVersion: '7',
      resourceVersionMatch: 'NotOlderThan',
    });
  });

  test('NotOlderThan is said on the first page only', async () => {
    const server = await aServer();
    server.script(
      'list',
      list([], { version: 7 }),
      list([], { version: 8, token: 'two' }),
      list([], { version: 8 }),
    );
    server.script('watch', close(), close());
    aReflector(server);
    await until('three lists', () => server.of('list').length === 3);
    expect(server.of('list')[2]?.query).toEqual({ limit: '500', continue: 'two' });
  });

  test('after Expired the list asks for what is true now', async () => {
    const server = await aServer();
    server.script('list', list([thing('a', 3)], { version: 7 }), list([thing('b', 9)], { version: 9 }));
    server.script('watch', refuse(410, 'Expired'));
    const { names } = aReflector(server);
    await until('the new view', () => names().join() === 'b@9');
    expect(server.of('list')[1]?.query).toEqual({ limit: '500' });
  });

  test('an expired continue token begins the list anew and tells nothing of the torn one', async () => {
    const server = await aServer();
    server.script(
      'list',
      list([thing('a', 1)], { version: 5, token: 'old' }),
      refuse(410, 'Expired', { message: 'The provided continue parameter is too old' }),
      list([thing('b', 6)], { version: 6 }),
    );
    const { reflector, told } = aReflector(server);
    await reflector.synced;
    expect(told).toEqual(['added b@6 (list)']);
    expect(server.of('list').map(({ query }) => query.continue)).toEqual([undefined, 'old', undefined]);
  });

  test('a version from the future (a restored etcd) is dropped', async () => {
    const server = await aServer();
    const details = {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    };
    server.script(
      'list',
      list([], { version: 70 }),
      refuse(504, 'Timeout', { retryAfter: 1, details }),
      list([], { version: 7 }),
    );
    server.script('watch', close(), close());
    const { reflector } = aReflector(server);
    await until('the older version', () => reflector.status().resourceVersion === '7');
    expect(server.of('list')[1]?.query.resourceVersion).toBe('70');
    expect(server.of('list')[2]?.query.resourceVersion).toBeUndefined();
  });

  test('a list that is older than what was known (a restored etcd) is told whole, and marked', async () => {
    const server = await aServer();
    const marked: string[] = [];
    server.script(
      'list',
      list([thing('kept', 3), thing('changed', 9), thing('made', 8)], { version: 10 }),
      list([thing('kept', 3), thing('changed', 4), thing('back', 2)], { version: 5 }),
      list([thing('kept', 3), thing('changed', 7), thing('back', 2)], { version: 8 }),
    );
    server.script('watch', hang(), hang(), hang());
    const { reflector } = aReflector(server, {
      onDelta: ({ type, name, resourceVersion, restored }) =>
        void marked.push(`${type} ${name}@${resourceVersion}${restored ? ' restored' : ''}`),
    });
    await reflector.synced;
    marked.length = 0;
    for (const [lists, restores] of [
      [2, 1],
      [3, 1],
    ] as const) {
      reflector.relist();
      await until(
        `list ${lists}`,
        () => reflector.status().lists === lists && reflector.status().state === 'watching',
      );
      expect(reflector.status().restores).toBe(restores);
    }
    expect(marked).toEqual([
      'deleted made@8',
      'added back@2 restored',
      'updated kept@3 restored',
      'updated changed@4 restored',
      'updated changed@7',
    ]);
  });

  test('a list that is cut in the middle is asked for again, whole', async () => {
    const server = await aServer();
    server.script(
      'list',
      list([thing('a', 1)], { token: 'two' }),
      stallMidBody('{"kind":'),
      list([thing('b', 2)]),
    );
    const { reflector, told } = aReflector(server);
    await until('the second page', () => server.of('list').length === 2);
    await until('its headers to be out', () => server.connections().open > 0);
    server.cut();
    await reflector.synced;
    expect(told).toEqual(['added b@2 (list)']);
  });

  test('a continue token that does not move is an error, not an endless loop', async () => {
    const server = await aServer();
    server.script('list', list([], { token: 'same' }), list([], { token: 'same' }), list([thing('a', 1)]));
    const { reflector, errors } = aReflector(server);
    await reflector.synced;
    expect(errors.join()).toContain('continue token does not move');
  });

  test('a streaming list gathers until the bookmark that ends it, then goes on as the watch', async () => {
    const server = await aServer();
    server.script(
      'watch',
      hang(
        added(thing('a', 1)),
        added(thing('b', 2)),
        deleted(thing('b', 3)),
        bookmark(3),
        endOfInitialEvents(4),
        added(thing('c', 5)),
      ),
    );
    const { told, reflector } = aReflector(server, { streamingList: true });
    await until('c', () => told.length === 2);
    expect(told).toEqual(['added a@1 (list)', 'added c@5']);
    expect(server.of('list')).toEqual([]);
    expect(server.of('watch')[0]?.query).toMatchObject({
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    expect(reflector.status()).toMatchObject({ synced: true, state: 'watching', resourceVersion: '5' });
  });

  test('a streaming list that ends before its end is asked for again', async () => {
    const server = await aServer();
    server.script('watch', close(added(thing('a', 1))), hang(added(thing('b', 2)), endOfInitialEvents(2)));
    const { told, reflector } = aReflector(server, { streamingList: true });
    await reflector.synced;
    expect(told).toEqual(['added b@2 (list)']);
    expect(reflector.status()).toMatchObject({ errors: 1, lists: 2 });
  });

  test.each([400, 422])('a streaming list that is refused with %i falls back for good', async (code) => {
    const server = await aServer();
    server.script('watch', refuse(code, 'Invalid'), refuse(410, 'Expired'));
    server.always('list', list([thing('a', 1)]));
    const { reflector } = aReflector(server, { streamingList: true });
    await until('the second list', () => reflector.status().relists === 1 && server.of('list').length === 2);
    await until('the third watch', () => server.of('watch').length === 3);
    expect(server.of('watch').map(({ query }) => query.sendInitialEvents)).toEqual([
      'true',
      undefined,
      undefined,
    ]);
  });
});
