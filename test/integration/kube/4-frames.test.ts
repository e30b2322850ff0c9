import { describe, expect, test } from 'vitest';
import { lines, parseFrame } from '../../../src/kube/watch-frames.ts';
import {
  added,
  close,
  hang,
  list,
  modified,
  page,
  refuse,
  thing,
} from '../../support/misbehaving-server/behaviours.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aReflector, aServer } from './harness.ts';

const half = JSON.stringify(added(thing('lost', 6))).slice(0, 40);

async function collect(chunks: AsyncIterable<Buffer>, maxBytes?: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const line of lines(chunks, maxBytes)) seen.push(line.toString());
  return seen;
}

describe('4. frames and handlers', () => {
  test.each([
    ['a line that is not JSON', hang(added(thing('a', 5)), '}{ nonsense\n', added(thing('never', 6)))],
    ['a frame cut in half by an orderly end', close(added(thing('a', 5)), half)],
    ['a frame without a type', hang(added(thing('a', 5)), '{"object":{}}\n')],
    ['a frame of an unknown type', hang(added(thing('a', 5)), { type: 'RENAMED', object: thing('a', 6) })],
    [
      'a frame without a version',
      hang(added(thing('a', 5)), { type: 'ADDED', object: { metadata: { uid: 'x', name: 'x' } } }),
    ],
    ['a frame without a uid', hang(added(thing('a', 5)), added(thing('x', 6, '')))],
    [
      'a bookmark without a version',
      hang(added(thing('a', 5)), { type: 'BOOKMARK', object: { metadata: {} } }),
    ],
    ['a JSON scalar', hang(added(thing('a', 5)), '42\n')],
  ])('%s tears the stream down and is not skipped', async (_, behaviour) => {
    const server = await aServer();
    server.script('watch', behaviour, hang(added(thing('b', 6))));
    const { told, reflector } = aReflector(server);
    await until('b', () => told.includes('added b@6'));
    expect(told).toEqual(['added a@5', 'added b@6']);
    expect(server.of('watch')[1]?.query.resourceVersion).toBe('5');
    expect(reflector.status()).toMatchObject({ errors: 1, lists: 1 });
  });

  test('a half frame before a reset comes again', async () => {
    const server = await aServer();
    server.script('watch', hang(added(thing('a', 5)), half), hang(added(thing('lost', 6))));
    const { told } = aReflector(server);
    await until('a', () => told.length === 1);
    server.cut();
    await until('the lost one', () => told.includes('added lost@6'));
    expect(server.of('watch')[1]?.query.resourceVersion).toBe('5');
  });

  test('a proxy page in place of a list is an error, and the list is asked for again', async () => {
    const server = await aServer();
    server.script(
      'list',
      page(200, '<html>login</html>'),
      (_, response) => void response.end('{"items":3}'),
      list([thing('a', 1)]),
    );
    const { reflector, told } = aReflector(server);
    await reflector.synced;
    expect(told).toEqual(['added a@1 (list)']);
    expect(reflector.status().errors).toBe(2);
  });

  test('a handler that throws is counted and reported, and the view goes on', async () => {
    const server = await aServer();
    server.script('list', list([thing('a', 1), thing('b', 2)], { version: 2 }));
    server.script('watch', hang(modified(thing('a', 3)), modified(thing('b', 4))));
    const told: string[] = [];
    const { reflector, errors } = aReflector(server, {
      onDelta: ({ object, name }) => {
        if (name === 'a') throw new Error(`no ${object}`);
        told.push(object);
      },
    });
    await until('b', () => told.length === 2);
    expect(errors).toEqual(['Error: no a@1', 'Error: no a@3']);
    expect(reflector.status()).toMatchObject({
      handlerErrors: 2,
      errors: 0,
      watches: 1,
      resourceVersion: '4',
    });
    expect(reflector.get('uid-a')).toBe('a@3');
  });

  test('a projection that throws keeps the last good form and tells no deletion', async () => {
    const server = await aServer();
    server.script('list', list([thing('a', 1)], { version: 1 }));
    server.script('watch', hang(modified(thing('a', 2)), added(thing('b', 3))), hang());
    server.always('list', list([thing('a', 2), thing('b', 3)], { version: 3 }));
    const { reflector, told } = aReflector(server, {
      project: ({ metadata }) => {
        if (metadata?.resourceVersion === '2') throw new Error('odd');
        return `${metadata?.name}@${metadata?.resourceVersion}`;
      },
    });
    await until('b', () => told.length === 2);
    expect(reflector.get('uid-a')).toBe('a@1');
    reflector.relist();
    await until(
      'the relist',
      () => reflector.status().relists === 1 && reflector.status().state === 'watching',
    );
    expect(reflector.get('uid-a')).toBe('a@1');
    expect(told).toEqual(['added a@1 (list)', 'added b@3']);
    expect(reflector.status()).toMatchObject({ handlerErrors: 2, errors: 0 });
  });

  test('any cut of the bytes into chunks gives the same lines', async () => {
    const text = Buffer.from('{"a":"é"}\n\n{"b":2}\n{"c":"日本"}\n');
    for (let size = 1; size <= text.length; size += 1) {
      const chunks = async function* () {
        for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
      };
      expect(await collect(chunks())).toEqual(['{"a":"é"}', '{"b":2}', '{"c":"日本"}']);
    }
  });

  test('a line without an end is given up at its bound', async () => {
    const endless = async function* () {
      for (;;) yield Buffer.alloc(1_000, 0x20);
    };
    await expect(collect(endless(), 10_000)).rejects.toMatchObject({ kind: 'too-large' });
  });

  test('an ERROR frame is read as its Status', () => {
    const status = { code: 410, reason: 'Expired' };
    expect(parseFrame(Buffer.from(JSON.stringify({ type: 'ERROR', object: status })))).toEqual({
      type: 'ERROR',
      status,
    });
  });

  test('a watch that is refused is reported with the words of the server', async () => {
    const server = await aServer();
    server.script('watch', refuse(403, 'Forbidden', { message: 'jobs is forbidden: User "x" cannot watch' }));
    const { errors, reflector } = aReflector(server);
    await until('the refusal', () => errors.length === 1);
    expect(errors[0]).toContain('403 Forbidden: jobs is forbidden: User "x" cannot watch');
    expect(reflector.status().lastError).toBe(errors[0]);
  });
});
