import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkOptions, type Options } from '../../../src/job/options.ts';
import type { VolumeSpec } from '../../../src/job/spec.ts';
import { noOptions } from './submit.ts';

const wrong = (options: Partial<Options>) =>
  checkOptions({ ...noOptions, ...options }, 'options', ['mesh.example', 'identity', 'io.sandbox.*']).map(
    (v) => `${v.field}: ${v.message}`,
  );
const volume = (more: Partial<VolumeSpec> = {}): VolumeSpec => ({
  name: 'data',
  mountPath: '/data',
  readOnly: false,
  source: { kind: 'scratch', size: '1Gi' },
  ...more,
});
const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, '']));

describe('options that are in order', () => {
  test.each<[string, Partial<Options>]>([
    ['none', {}],
    [
      'the shortest times',
      { timeouts: { queue: 1, start: 1, run: 1, total: 1 }, gracePeriod: 0, ttlAfterFinished: 60 },
    ],
    [
      'the longest times',
      {
        timeouts: { queue: 2_592_000, start: 2_592_000, run: 86_400, total: 2_592_000 },
        gracePeriod: 3_600,
        ttlAfterFinished: 2_592_000,
      },
    ],
    [
      'texts of any script, with line breaks',
      { command: ['é\n'], args: ['', '🚀'], env: { A: 'a\r\nb' }, annotations: { a: 'x\ny' } },
    ],
    ['a command as long as may be', { command: ['x'.repeat(65_536)] }],
    [
      'names at their limits',
      { env: { [`_${'a'.repeat(254)}`]: '' }, labels: { [`a.b/${'x'.repeat(63)}`]: 'y'.repeat(63) } },
    ],
    ['as many as may be', { env: many(200), labels: many(32), annotations: many(32) }],
    [
      'volumes of each kind',
      {
        volumes: [
          volume(),
          volume({ name: 'b', mountPath: '/a.b/c_d', source: { kind: 'claim', claim: 'my.claim' } }),
          volume({
            name: 'c',
            mountPath: '/glipper',
            source: { kind: 'ephemeral', storageClass: '', size: '500M' },
          }),
          volume({
            name: 'd',
            mountPath: '/var/run',
            source: { kind: 'ephemeral', storageClass: 'fast', size: '1e9' },
          }),
        ].filter((v) => v.mountPath !== '/var/run'),
      },
    ],
    ['a tmp of their own', { volumes: [volume({ mountPath: '/tmp' })] }],
    ['a priority class', { priorityClass: 'high.priority' }],
  ])('%s', (_, options) => {
    expect(wrong(options)).toEqual([]);
  });
});

const labelShape =
  'must be a label value: at most 63 of letters, digits, "-", "_" and ".", beginning and ending with a letter or digit';
const keyShape = 'the key must be a Kubernetes label key such as "team" or "example.com/team"';
const pathShape = 'must be an absolute path below "/", without ":", "." and ".."';
const takenPath = 'is reserved, or holds a path that is';

describe('what is wrong with options', () => {
  test.each<[string, Partial<Options>, readonly string[]]>([
    [
      'what is not built yet',
      { unsupported: ['egress[0].host', 'lease'] },
      [
        'options.egress[0].host: is not supported by this executor yet; leave it out',
        'options.lease: is not supported by this executor yet; leave it out',
      ],
    ],
    [
      'a priority class that is no name',
      { priorityClass: 'High!' },
      ['options.priority_class: must be the name of a PriorityClass'],
    ],
    [
      'a queue of no time',
      { timeouts: { queue: 0 } },
      ['options.timeouts.queue: must be from 1 s to 2592000 s, is 0 s'],
    ],
    [
      'a negative start',
      { timeouts: { start: -1 } },
      ['options.timeouts.start: must be from 1 s to 2592000 s, is -1 s'],
    ],
    [
      'a run of more than a day',
      { timeouts: { run: 86_401 } },
      ['options.timeouts.run: must be from 1 s to 86400 s, is 86401 s'],
    ],
    ['half a second', { timeouts: { total: 1.5 } }, ['options.timeouts.total: must be whole seconds']],
    ['a time that is none', { gracePeriod: Number.NaN }, ['options.grace_period: must be whole seconds']],
    [
      'a grace of more than an hour',
      { gracePeriod: 3_601 },
      ['options.grace_period: must be from 0 s to 3600 s, is 3601 s'],
    ],
    [
      'a record that goes at once',
      { ttlAfterFinished: 0 },
      ['options.ttl_after_finished: must be from 60 s to 2592000 s, is 0 s'],
    ],
    ['a NUL in the command', { command: ['a', 'b\0'] }, ['options.command[1]: must not contain NUL']],
    ['half a character in args', { args: ['\ud800'] }, ['options.args[0]: must be well-formed Unicode']],
    [
      'too many args',
      { args: Array.from({ length: 1_001 }, () => 'x') },
      ['options.args: must have at most 1000 entries, has 1001'],
    ],
    [
      'a command without end',
      { command: ['x'.repeat(65_537)] },
      ['options.command: must have at most 65536 characters together, has 65537'],
    ],
    [
      'a name that begins with a digit',
      { env: { '1A': '' } },
      ['options.env["1A"]: the name must be of letters, digits and "_", not begin with a digit'],
    ],
    [
      'a name with a line break',
      { env: { 'A\n': '' } },
      ['options.env["A\\n"]: the name must be of letters, digits and "_", not begin with a digit'],
    ],
    [
      'a name without end',
      { env: { ['A'.repeat(256)]: '' } },
      [
        `options.env["${'A'.repeat(80)}…"]: the name must be of letters, digits and "_", not begin with a digit`,
      ],
    ],
    [
      'names of ours',
      { env: { GLIP_X: '', GL_INPUT_URI: '', TRACEPARENT: '' } },
      [
        'options.env["GLIP_X"]: the name is reserved for the executor',
        'options.env["GL_INPUT_URI"]: the name is reserved for the executor',
        'options.env["TRACEPARENT"]: the name is reserved for the executor',
      ],
    ],
    ['a NUL in a value', { env: { A: '\0' } }, ['options.env["A"]: must not contain NUL']],
    ['too many variables', { env: many(201) }, ['options.env: must have at most 200 entries, has 201']],
    [
      'variables without end',
      { env: { A: 'x'.repeat(65_536) } },
      ['options.env: must have at most 65536 characters together, has 65537'],
    ],
    ['a label with a space', { labels: { 'a b': 'c' } }, [`options.labels["a b"]: ${keyShape}`]],
    ['a label with two slashes', { labels: { 'a/b/c': '' } }, [`options.labels["a/b/c"]: ${keyShape}`]],
    [
      'labels of ours',
      { labels: { app: 'x', 'glip.greenlang.io/key': 'x' } },
      [
        'options.labels["app"]: the key is reserved',
        'options.labels["glip.greenlang.io/key"]: the key is reserved',
      ],
    ],
    ["a label's value with a slash", { labels: { a: 'b/c' } }, [`options.labels["a"]: ${labelShape}`]],
    ["a label's value of 64", { labels: { a: 'b'.repeat(64) } }, [`options.labels["a"]: ${labelShape}`]],
    [
      'a key and a value that are both wrong',
      { labels: { '!': '!' } },
      [`options.labels["!"]: ${keyShape}`, `options.labels["!"]: ${labelShape}`],
    ],
    [
      'an annotation of ours',
      { annotations: { 'glip.greenlang.io/record': '' } },
      ['options.annotations["glip.greenlang.io/record"]: the key is reserved'],
    ],
    [
      'an annotation with a NUL',
      { annotations: { a: '\0' } },
      ['options.annotations["a"]: must not contain NUL'],
    ],
    [
      'too many annotations',
      { annotations: many(33) },
      ['options.annotations: must have at most 32 entries, has 33'],
    ],
    [
      'annotations without end',
      { annotations: { a: 'x'.repeat(65_536) } },
      ['options.annotations: must have at most 65536 characters together, has 65537'],
    ],
    [
      'too many volumes',
      { volumes: Array.from({ length: 21 }, () => volume()) },
      ['options.volumes: must have at most 20 entries, has 21'],
    ],
    [
      'a volume in capitals',
      { volumes: [volume({ name: 'Data' })] },
      ['options.volumes[0].name: must be at most 63 of a-z, 0-9 and "-"'],
    ],
    [
      'a volume of ours',
      { volumes: [volume({ name: 'glip-inputs' })] },
      ['options.volumes[0].name: is reserved or appears twice'],
    ],
    [
      'the same volume twice',
      { volumes: [volume(), volume()] },
      [
        'options.volumes[1].name: is reserved or appears twice',
        'options.volumes[1].mount_path: appears twice',
      ],
    ],
    [
      'a claim that is no name',
      { volumes: [volume({ source: { kind: 'claim', claim: '../x' } })] },
      ['options.volumes[0].claim: must be the name of a PersistentVolumeClaim'],
    ],
    [
      'a size that is none',
      { volumes: [volume({ source: { kind: 'scratch', size: 'big' } })] },
      ['options.volumes[0].scratch_size: must be a size such as "2Gi": SIZE'],
    ],
    [
      'a size of 0',
      { volumes: [volume({ source: { kind: 'scratch', size: '0' } })] },
      ['options.volumes[0].scratch_size: must be more than 0'],
    ],
    [
      'a negative size',
      { volumes: [volume({ source: { kind: 'ephemeral', storageClass: '', size: '-1Gi' } })] },
      ['options.volumes[0].ephemeral.size: must be more than 0'],
    ],
    [
      'a storage class that is no name',
      { volumes: [volume({ source: { kind: 'ephemeral', storageClass: 'A', size: '1' } })] },
      ['options.volumes[0].ephemeral.storage_class: must be the name of a StorageClass'],
    ],
  ])('%s', (_, options, wanted) => {
    expect(wrong(options).map((line) => line.replace(/(such as "2Gi": ).+/, '$1SIZE'))).toEqual(wanted);
  });

  test.each<[string, string]>([
    ['', pathShape],
    ['/', pathShape],
    ['data', pathShape],
    ['./data', pathShape],
    ['/data/', pathShape],
    ['//data', pathShape],
    ['/a/../etc', pathShape],
    ['/a/.', pathShape],
    ['/a:b', pathShape],
    ['/glip', takenPath],
    ['/glip/inputs', takenPath],
    ['/proc/1', takenPath],
    ['/dev', takenPath],
    ['/var', takenPath],
    ['/var/run', takenPath],
    ['/run/secrets/x', takenPath],
    [`/${'a'.repeat(255)}`, 'must be at most 255 characters long, has 256'],
    ['/a\nb', 'must not contain control characters'],
  ])('the mount path %j', (mountPath, message) => {
    expect(wrong({ volumes: [volume({ mountPath })] })).toEqual([
      `options.volumes[0].mount_path: ${message}`,
    ]);
  });

  test.for([
    ['mesh.example/inject', true],
    ['sidecar.mesh.example/inject', true],
    ['identity', true],
    ['io.sandbox.devices', true],
    ['mesh.example', true],
    ['notmesh.example/inject', false],
    ['mesh.example.org/inject', false],
    ['example.org/mesh.example', false],
    ['example.org/identity', false],
    ['identity.example/x', false],
    ['io.sandbox', false],
  ] as const)('the key %s is kept from steps: %s', ([key, kept]) => {
    const message = 'the key is kept from steps: others act on it with rights of their own (reservedKeys)';
    expect(wrong({ annotations: { [key]: 'x' }, labels: { [key]: 'x' } })).toEqual(
      kept ? [`options.labels["${key}"]: ${message}`, `options.annotations["${key}"]: ${message}`] : [],
    );
  });

  test('everything at once, each with its field', () => {
    const fields = checkOptions(
      {
        ...noOptions,
        unsupported: ['lease'],
        priorityClass: '!',
        timeouts: { queue: 0, start: 0, run: 0, total: 0 },
        gracePeriod: -1,
        command: ['\0'],
        env: { '!': '' },
        labels: { '!': '' },
        annotations: { '!': '' },
        volumes: [volume({ name: '', mountPath: '', source: { kind: 'claim', claim: '' } })],
      },
      'o',
      [],
    ).map((v) => v.field);
    expect(fields).toEqual([
      'o.lease',
      'o.priority_class',
      'o.timeouts.queue',
      'o.timeouts.start',
      'o.timeouts.run',
      'o.timeouts.total',
      'o.grace_period',
      'o.command[0]',
      'o.env["!"]',
      'o.volumes[0].name',
      'o.volumes[0].mount_path',
      'o.volumes[0].claim',
      'o.labels["!"]',
      'o.annotations["!"]',
    ]);
  });

  test('whatever is said, nothing is thrown, and no message is without end', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    const options = fc.record({
      command: fc.array(text),
      env: fc.dictionary(text, text),
      labels: fc.dictionary(text, text),
      annotations: fc.dictionary(text, text),
      priorityClass: text,
      gracePeriod: fc.double(),
      volumes: fc.array(
        fc.record({
          name: text,
          mountPath: text,
          readOnly: fc.boolean(),
          source: fc.record({ kind: fc.constant('scratch' as const), size: text }),
        }),
      ),
    });
    fc.assert(
      fc.property(options, (o) => {
        for (const line of wrong(o)) expect(line.length).toBeLessThan(1_200);
      }),
    );
  });
});
