import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/types.ts';
import { hang, list, modified, type TestObject, thing } from '../../support/misbehaving-server/behaviours.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aReflector, aServer } from './harness.ts';

const withManagedFields = (object: TestObject): TestObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': {} } }] },
  spec: { big: 'x'.repeat(10_000) },
});

describe('5. projection', () => {
  test('managedFields are gone before project sees an object, from a list, a watch and a streaming list', async () => {
    const seen: KubeObject[] = [];
    const project = (object: KubeObject) => {
      seen.push(object);
      return 'kept';
    };
    const server = await aServer();
    server.script('list', list([withManagedFields(thing('a', 1))], { version: 1 }));
    server.script('watch', hang(modified(withManagedFields(thing('a', 2)))));
    aReflector(server, { project });
    const other = await aServer();
    other.script('watch', hang(modified(withManagedFields(thing('a', 3)))));
    aReflector(other, { project, streamingList: true });
    await until('three objects', () => seen.length === 3);
    for (const object of seen) {
      expect(object.metadata).toMatchObject({ name: 'a', uid: 'uid-a' });
      expect(object.metadata).not.toHaveProperty('managedFields');
      expect(object).toHaveProperty('spec.big');
    }
  });

  test('only what project returns is kept and handed on', async () => {
    const server = await aServer();
    server.script('list', list([withManagedFields(thing('a', 1))], { version: 1 }));
    server.script('watch', hang(modified(withManagedFields(thing('a', 2)))));
    const deltas: object[] = [];
    const { reflector } = aReflector(server, { onDelta: (delta) => void deltas.push(delta) });
    await until('the update', () => deltas.length === 2);
    expect(deltas[1]).toEqual({
      type: 'updated',
      uid: 'uid-a',
      name: 'a',
      namespace: 'ns',
      resourceVersion: '2',
      object: 'a@2',
      previous: 'a@1',
      source: 'watch',
    });
    expect([...reflector.values()]).toEqual(['a@2']);
  });
});
