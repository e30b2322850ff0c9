import { describe, expect, it } from 'vitest';
import { applyJsonPatch, PatchError } from '../../../src/embedded/patch/json-patch.ts';
import { applyMergePatch } from '../../../src/embedded/patch/merge-patch.ts';
import { applyStrategicPatch } from '../../../src/embedded/patch/strategic-patch.ts';

const document = { a: { b: 1, 'x/y~z': 2 }, list: ['p', 'q', 'r'], none: null };

describe('JSON patch', () => {
  const applied: [string, unknown[], unknown][] = [
    ['add a key', [{ op: 'add', path: '/a/c', value: 3 }], { ...document, a: { ...document.a, c: 3 } }],
    [
      'add replaces a key',
      [{ op: 'add', path: '/a/b', value: 9 }],
      { ...document, a: { ...document.a, b: 9 } },
    ],
    [
      'add into a list',
      [{ op: 'add', path: '/list/1', value: 'n' }],
      { ...document, list: ['p', 'n', 'q', 'r'] },
    ],
    [
      'add at the end',
      [{ op: 'add', path: '/list/-', value: 'n' }],
      { ...document, list: ['p', 'q', 'r', 'n'] },
    ],
    [
      'add at the length',
      [{ op: 'add', path: '/list/3', value: 'n' }],
      { ...document, list: ['p', 'q', 'r', 'n'] },
    ],
    ['add the whole document', [{ op: 'add', path: '', value: 7 }], 7],
    ['remove a key', [{ op: 'remove', path: '/a' }], { list: document.list, none: null }],
    ['remove from a list', [{ op: 'remove', path: '/list/0' }], { ...document, list: ['q', 'r'] }],
    [
      'replace a key',
      [{ op: 'replace', path: '/a/b', value: [] }],
      { ...document, a: { ...document.a, b: [] } },
    ],
    [
      'replace in a list',
      [{ op: 'replace', path: '/list/2', value: 0 }],
      { ...document, list: ['p', 'q', 0] },
    ],
    [
      'escapes in a pointer',
      [{ op: 'replace', path: '/a/x~1y~0z', value: 5 }],
      { ...document, a: { b: 1, 'x/y~z': 5 } },
    ],
    ['move', [{ op: 'move', from: '/a/b', path: '/m' }], { ...document, a: { 'x/y~z': 2 }, m: 1 }],
    [
      'move within a list',
      [{ op: 'move', from: '/list/0', path: '/list/2' }],
      { ...document, list: ['q', 'r', 'p'] },
    ],
    [
      'copy',
      [{ op: 'copy', from: '/list', path: '/a/b' }],
      { ...document, a: { ...document.a, b: document.list } },
    ],
    ['test what is so', [{ op: 'test', path: '/a', value: { 'x/y~z': 2, b: 1 } }], document],
    ['test null for an absent key', [{ op: 'test', path: '/a/zzz', value: null }], document],
    ['test null for null', [{ op: 'test', path: '/none', value: null }], document],
    ['nothing', [], document],
  ];
  it.each(applied)('%s', (_name, patch, want) => {
    expect(applyJsonPatch(document, patch)).toEqual(want);
  });

  const refused: [string, unknown][] = [
    ['test what is not so', { op: 'test', path: '/a/b', value: 2 }],
    ['test an absent key', { op: 'test', path: '/a/zzz', value: 1 }],
    ['test null below an absent key', { op: 'test', path: '/zzz/k', value: null }],
    ['test without a value', { op: 'test', path: '/none' }],
    ['remove an absent key', { op: 'remove', path: '/a/zzz' }],
    ['remove beyond a list', { op: 'remove', path: '/list/3' }],
    ['replace an absent key', { op: 'replace', path: '/zzz', value: 1 }],
    ['add below an absent key', { op: 'add', path: '/zzz/k', value: 1 }],
    ['add beyond the end of a list', { op: 'add', path: '/list/4', value: 1 }],
    ['an index with a leading zero', { op: 'replace', path: '/list/01', value: 1 }],
    ['a pointer without a slash', { op: 'add', path: 'a', value: 1 }],
    ['move into itself', { op: 'move', from: '/a', path: '/a/b' }],
    ['copy what is not there', { op: 'copy', from: '/zzz', path: '/a/b' }],
    ['an unknown operation', { op: 'merge', path: '/a', value: 1 }],
    ['no operation', 7],
  ];
  it.each(refused)('refuses to %s', (_name, operation) => {
    expect(() => applyJsonPatch(document, [operation])).toThrow(PatchError);
  });

  it('changes nothing when a later operation fails', () => {
    const before = structuredClone(document);
    expect(() =>
      applyJsonPatch(document, [
        { op: 'remove', path: '/a' },
        { op: 'remove', path: '/a' },
      ]),
    ).toThrow(PatchError);
    expect(document).toEqual(before);
  });

  it('does not reach prototypes', () => {
    const result = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(() =>
      applyJsonPatch({}, [{ op: 'add', path: '/constructor/prototype/polluted', value: 1 }]),
    ).toThrow(PatchError);
  });
});

describe('merge patch', () => {
  it.each([
    ['merges objects', { a: { b: 1 } }, { a: { c: 2 } }, { a: { b: 1, c: 2 } }],
    ['removes by null', { a: 1, b: 2 }, { a: null }, { b: 2 }],
    ['replaces lists', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ['turns a scalar into an object', { a: 1 }, { a: { b: 2, c: null } }, { a: { b: 2 } }],
  ])('%s', (_name, current, patch, want) => {
    expect(applyMergePatch(current, patch)).toEqual(want);
  });
});

describe('strategic merge patch', () => {
  const pod = {
    spec: {
      containers: [
        { name: 'a', image: '1' },
        { name: 'b', image: '2' },
      ],
    },
    metadata: { finalizers: ['x'] },
  };
  it.each([
    [
      'merges a list by its key',
      { spec: { containers: [{ name: 'b', image: '3' }] } },
      {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '3' },
        ],
      },
    ],
    [
      'appends what is new',
      { spec: { containers: [{ name: 'c' }] } },
      { containers: [...pod.spec.containers, { name: 'c' }] },
    ],
    [
      'deletes by directive',
      { spec: { containers: [{ name: 'a', $patch: 'delete' }] } },
      { containers: [{ name: 'b', image: '2' }] },
    ],
    ['replaces by directive', { spec: { $patch: 'replace', x: 1 } }, { x: 1 }],
    ['replaces other lists', { spec: { args: ['n'] } }, { ...pod.spec, args: ['n'] }],
  ])('%s', (_name, patch, want) => {
    expect(applyStrategicPatch(pod, patch)).toEqual({ ...pod, spec: want });
  });

  it('adds to a set and removes from it', () => {
    expect(applyStrategicPatch(pod, { metadata: { finalizers: ['y', 'x'] } })).toMatchObject({
      metadata: { finalizers: ['x', 'y'] },
    });
    expect(
      applyStrategicPatch(pod, { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } }),
    ).toMatchObject({ metadata: { finalizers: [] } });
  });

  it('merges conditions by type', () => {
    const status = {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Other', status: 'True' },
      ],
    };
    expect(applyStrategicPatch(status, { conditions: [{ type: 'Ready', status: 'False' }] })).toEqual({
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'Other', status: 'True' },
      ],
    });
  });
});
