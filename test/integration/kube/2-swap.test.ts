import { describe, expect, test } from 'vitest';
import { createStore, type Entry } from '../../../src/kube/store.ts';
import {
  added,
  close,
  deleted,
  hang,
  list,
  modified,
  refuse,
  thing,
} from '../../support/misbehaving-server/behaviours.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aReflector, aServer } from './harness.ts';

describe('2. swap by uid', () => {
  test('a relist tells what changed meanwhile: deleted, then added, then updated, and nothing of the rest', async () => {
    const server = await aServer();
    server.script('list', list([thing('gone', 1), thing('same', 2), thing('new', 3)], { version: 3 }));
    server.script('watch', refuse(410, 'Expired'));
    server.always('list', list([thing('same', 2), thing('new', 8), thing('born', 9)], { version: 9 }));
    const { told } = aReflector(server);
    await until('six changes', () => told.length === 6);
    expect(told.slice(3)).toEqual(['deleted gone@1 (list)', 'added born@9 (list)', 'updated new@8 (list)']);
  });

  test('the same name with another uid is a deletion and an addition, in a list', async () => {
    const server = await aServer();
    server.script('list', list([thing('a', 1, 'first')], { version: 1 }));
    server.script('watch', refuse(410, 'Expired'));
    server.always('list', list([thing('a', 5, 'second')], { version: 5 }));
    const { told } = aReflector(server);
    await until('three changes', () => told.length === 3);
    expect(told.slice(1)).toEqual(['deleted a@1 first (list)', 'added a@5 second (list)']);
  });

  test('and in a watch that never told of the deletion', async () => {
    const server = await aServer();
    server.script('list', list([thing('a', 1, 'first')], { version: 1 }));
    server.script('watch', hang(added(thing('a', 5, 'second')), deleted(thing('a', 6, 'first'))));
    const { told, reflector } = aReflector(server);
    await until('the late deletion', () => reflector.status().events === 2);
    expect(told.slice(1)).toEqual(['deleted a@1 first', 'added a@5 second']);
    expect(reflector.get('second')).toBe('a@5');
    expect(reflector.get('first')).toBeUndefined();
  });

  test('a deletion tells the last state from its own frame', async () => {
    const server = await aServer();
    server.script('list', list([thing('a', 1)], { version: 1 }));
    server.script('watch', hang(modified(thing('a', 2)), deleted(thing('a', 3))));
    const { told } = aReflector(server);
    await until('the deletion', () => told.length === 3);
    expect(told).toEqual(['added a@1 (list)', 'updated a@2', 'deleted a@3']);
  });

  test('frames that come twice are told once, and a dead object does not rise', async () => {
    const server = await aServer();
    const frames = [added(thing('a', 2)), modified(thing('a', 3)), deleted(thing('a', 4))];
    server.script('watch', hang(...frames, ...frames, added(thing('b', 5))));
    const { told, reflector } = aReflector(server);
    await until('b', () => told.includes('added b@5'));
    expect(told).toEqual(['added a@2', 'updated a@3', 'deleted a@4', 'added b@5']);
    expect(reflector.status()).toMatchObject({ duplicates: 3, events: 4, size: 1 });
  });

  test('a server that tells again after a resume changes nothing', async () => {
    const server = await aServer();
    server.script('watch', close(added(thing('a', 2))), hang(added(thing('a', 2)), added(thing('b', 3))));
    const { told } = aReflector(server);
    await until('b', () => told.length === 2);
    expect(told).toEqual(['added a@2', 'added b@3']);
  });

  describe('what a call has returned, and no list or watch has shown', () => {
    const met = (name: string, version: number) =>
      [
        { uid: `uid-${name}`, name, namespace: 'ns', resourceVersion: String(version) },
        `${name}@${version}`,
      ] as const;

    test('is told as deleted by the list that passes it over, before the first one and between two', async () => {
      const server = await aServer();
      const first = Promise.withResolvers<void>();
      server.script('list', async (...request) => {
        await first.promise;
        await list([thing('a', 1)], { version: 5 })(...request);
      });
      server.script('watch', hang());
      server.always('list', list([thing('a', 1)], { version: 9 }));
      const { told, reflector } = aReflector(server);
      reflector.meet(...met('early', 4));
      reflector.meet(...met('later', 7));
      expect(told).toEqual([]);
      first.resolve();
      await until('the first list', () => reflector.status().state === 'watching');
      expect(told).toEqual(['added a@1 (list)', 'deleted early@4 (list)']);
      reflector.relist();
      await until('the second list', () => reflector.status().lists === 2 && told.length === 3);
      expect(told[2]).toBe('deleted later@7 (list)');
    });

    test('is told as deleted at once by a view that is ahead of it', async () => {
      const server = await aServer();
      server.script('list', list([thing('a', 1)], { version: 5 }));
      server.script('watch', hang());
      const { told, reflector } = aReflector(server);
      await until('the list', () => reflector.status().state === 'watching');
      reflector.meet(...met('late', 4));
      reflector.meet(...met('a', 1));
      expect(told).toEqual(['added a@1 (list)', 'deleted late@4 (list)']);
    });

    test('is the view’s own as soon as that has shown it, and told once when it goes', async () => {
      const server = await aServer();
      server.script('list', list([], { version: 5 }));
      server.script('watch', hang(added(thing('a', 6)), deleted(thing('a', 7))));
      server.always('list', list([], { version: 9 }));
      const { told, reflector } = aReflector(server);
      reflector.meet(...met('a', 6));
      await until('the deletion', () => told.length === 2);
      reflector.relist();
      await until(
        'the second list',
        () => reflector.status().lists === 2 && reflector.status().state === 'watching',
      );
      expect(told).toEqual(['added a@6', 'deleted a@7']);
    });
  });

  test('a store compares by uid in both directions of a swap', () => {
    const store = createStore<string>();
    const entry = (name: string, uid: string, resourceVersion: string): Entry<string> => ({
      id: { uid, name, namespace: 'ns', resourceVersion },
      object: `${uid}@${resourceVersion}`,
    });
    const swap = (...entries: Entry<string>[]) =>
      store.swap(new Map(entries.map((e) => [e.id.uid, e]))).map(({ type, object }) => `${type} ${object}`);
    expect(swap(entry('a', '1', '1'), entry('b', '2', '2'))).toEqual(['added 1@1', 'added 2@2']);
    expect(swap(entry('b', '3', '4'), entry('a', '1', '1'))).toEqual(['deleted 2@2', 'added 3@4']);
    expect(store.put(entry('b', '4', '5')).map(({ type }) => type)).toEqual(['deleted', 'added']);
    expect(store.remove(entry('b', '3', '6'))).toEqual([]);
    expect(store.size()).toBe(2);
  });
});
