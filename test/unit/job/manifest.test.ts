import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readManifest } from '../../../src/job/manifest.ts';
import type { JsonValue } from '../../../src/lib/json-text.ts';
import { linear, timesAsLongAs } from '../../support/effort.ts';
import { key, type Members, manifest } from './submit.ts';

const read = (value: JsonValue) => readManifest(value, key, 'm');
/** Everything that is wrong with a manifest, one line each. */
const wrong = (value: JsonValue) => read(value).violations.map((v) => `${v.field}: ${v.message}`);
const agent = { name: 'a', image: 'x:1' };
const sha256 = 'a'.repeat(64);
const input = { name: 'i', artifact_uri: 's3://b/k', sha256 };

describe('a manifest that is in order', () => {
  test('gives what the executor needs of it', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const value = manifest({
      resources: {
        cpu: '500m',
        memory: '2Gi',
        gpu: 1,
        ephemeral_storage: '1Gi',
        size_class: 'small',
        timeout_seconds: 60,
      },
      permissions: {
        tenant_id: 'acme',
        user_id: 'u',
        roles: ['r'],
        scopes: [],
        allowed_regions: [],
        network_policy: { allow_external: false, allowed_hosts: [] },
        resource_quotas: { max_memory_mb: 1, max_cpu_millicores: 2, max_runtime_seconds: 3 },
      },
      inputs: [input],
      outputs: [
        { name: 'o', artifact_prefix: 's3://b/out/' },
        { name: 'p', artifact_prefix: 'https://h/p/' },
      ],
      params: { anything: [null, { at: 'all' }] },
      observability: { trace_context: { traceparent, tracestate: 'a=b' }, metrics_labels: { a: 'b' } },
    });
    expect(read(value)).toEqual({
      violations: [],
      manifest: {
        invocationId: 'inv-1',
        agent: 'OPS.DATA.Ingest',
        image: 'ghcr.io/greenlang/agents/ingest:1.2.3',
        timeoutSeconds: 60,
        resources: { cpu: '500m', memory: '2Gi', gpu: '1', ephemeralStorage: '1Gi', sizeClass: 'small' },
        permissions: {
          regions: [],
          dataClassification: '',
          network: { allowExternal: false, allowedHosts: [] },
        },
        quotas: { maxMemoryMb: 1, maxCpuMillicores: 2, maxRuntimeSeconds: 3 },
        outputUri: 's3://b/out/',
        traceparent,
        tracestate: 'a=b',
      },
    });
  });

  test('says nothing where it says nothing', () => {
    expect(read(manifest()).manifest).toMatchObject({
      timeoutSeconds: undefined,
      resources: {},
      quotas: {},
      outputUri: '',
      traceparent: '',
      tracestate: '',
    });
  });

  test.each<[string, Members]>([
    [
      'nulls, which are as good as nothing',
      manifest({ inputs: null, params: null, resources: null, permissions: null, observability: null }),
    ],
    ['ids that agree with the key', manifest({}, { run_id: 'run-1', step_id: 'ingest' })],
    ['members that nobody knows', { ...manifest({ future: { a: 1 } }), also: true }],
    [
      'an input of each scheme',
      manifest({
        inputs: ['file:///a', 's3://b/k', 'gs://b/k', 'az://b/k', 'https://h/k'].map((uri, i) => ({
          ...input,
          name: `${i}`,
          artifact_uri: uri,
        })),
      }),
    ],
    [
      'an input and an output of one name',
      manifest({ inputs: [input], outputs: [{ name: 'i', artifact_prefix: 's3://b/' }] }),
    ],
    ['an unknown permission that is null', manifest({ permissions: { region: null } })],
  ])('may have %s', (_, value) => {
    expect(wrong(value)).toEqual([]);
  });

  test.each([
    'ubuntu',
    'ubuntu:24.04',
    'ghcr.io/a/b:1',
    'localhost:5000/a',
    'a.b-c.d:65535/x_y/z__w--v.u:Tag_1.2-3',
    '[fd00::1]:5000/a',
    `ghcr.io/a@sha256:${sha256}`,
    `ghcr.io/a:1@sha256:${sha256}`,
    'UPPER.example.com/a',
  ])('may name the image %s', (image) => {
    expect(wrong(manifest({ agent: { ...agent, image } }))).toEqual([]);
  });
});

const badImage =
  'm.spec.agent.image: must be an image reference such as "ghcr.io/greenlang/agents/ingest:1.2.3"';

describe('an image that is refused', () => {
  test.each([
    'UPPER',
    'a b',
    'a:',
    ':1',
    'a//b',
    '/a',
    'a/',
    'a:tag!',
    `a:${'t'.repeat(129)}`,
    `a@sha256:${'A'.repeat(64)}`,
    'a@sha256:abc',
    'a@md5:abc',
    'a\n',
    'a$(HOME)',
    '../a',
    'https://ghcr.io/a',
    '-a/b',
  ])('%j', (image) => {
    expect(wrong(manifest({ agent: { ...agent, image } }))).toEqual([badImage]);
  });

  test.each(['a-', 'a/', 'a.', 'aa'])(
    'that is long, of %j again and again, takes no longer for it',
    (part) => {
      const check = (image: string) => () => wrong(manifest({ agent: { ...agent, image } }));
      const [quarter, whole] = [`${part.repeat(63)}!`, `${part.repeat(255)}!`];
      expect(check(whole)()).toEqual([badImage]);
      expect(timesAsLongAs(check(quarter), check(whole))).toBeLessThan(linear);
    },
  );

  test('that is longer than any is refused for that', () => {
    const image = 'a'.repeat(513);
    expect(wrong(manifest({ agent: { ...agent, image } }))).toEqual([
      'm.spec.agent.image: must be at most 512 characters long, has 513',
    ]);
  });
});

describe('what is wrong with a manifest', () => {
  test.each<[string, JsonValue, readonly string[]]>([
    ['it is a list', [], ['m: must be an object, is a list']],
    ['it is a text', 'x', ['m: must be an object, is a string']],
    ['it is null', null, ['m: is required']],
    [
      'it is empty',
      {},
      [
        'm.apiVersion: must be "glip/v1"',
        'm.kind: must be "Invocation"',
        'm.metadata: is required',
        'm.spec: is required',
      ],
    ],
    ['another version', { ...manifest(), apiVersion: 'glip/v2' }, ['m.apiVersion: must be "glip/v1"']],
    ['another kind', { ...manifest(), kind: 7 }, ['m.kind: must be "Invocation"']],
    [
      'metadata of the wrong type',
      { ...manifest(), metadata: 'x' },
      ['m.metadata: must be an object, is a string'],
    ],
    ['no invocation id', manifest({}, { invocation_id: '' }), ['m.metadata.invocation_id: is required']],
    [
      'an invocation id that is a number',
      manifest({}, { invocation_id: 7 }),
      ['m.metadata.invocation_id: must be a string, is a number'],
    ],
    [
      'an invocation id with a line break',
      manifest({}, { invocation_id: 'a\nb' }),
      ['m.metadata.invocation_id: must not contain control characters'],
    ],
    [
      'an invocation id that is too long',
      manifest({}, { invocation_id: 'i'.repeat(254) }),
      ['m.metadata.invocation_id: must be at most 253 characters long, has 254'],
    ],
    [
      'half a character',
      manifest({}, { invocation_id: '\udc00' }),
      ['m.metadata.invocation_id: must be well-formed Unicode'],
    ],
    [
      'an idempotency key that is too long',
      manifest({}, { idempotency_key: 'k'.repeat(257) }),
      ['m.metadata.idempotency_key: must be at most 256 characters long, has 257'],
    ],
    ['a NUL', manifest({}, { idempotency_key: 'a\0' }), ['m.metadata.idempotency_key: must not contain NUL']],
    [
      'a pipeline in capitals',
      manifest({}, { pipeline_id: 'P' }),
      ['m.metadata.pipeline_id: must be [a-z][a-z0-9-]{0,62}'],
    ],
    [
      'another run',
      manifest({}, { run_id: 'run-2' }),
      ['m.metadata.run_id: is "run-2", but the key says "run-1"'],
    ],
    [
      'another step, very long',
      manifest({}, { step_id: 'x'.repeat(99) }),
      [`m.metadata.step_id: is "${'x'.repeat(80)}…", but the key says "ingest"`],
    ],
    ['no agent', { ...manifest(), spec: {} }, ['m.spec.agent: is required']],
    [
      'an agent without anything',
      manifest({ agent: {} }),
      ['m.spec.agent.name: is required', 'm.spec.agent.image: is required'],
    ],
    [
      'a version with a tab',
      manifest({ agent: { ...agent, version: 'a\tb' } }),
      ['m.spec.agent.version: must not contain control characters'],
    ],
    ['params that are a list', manifest({ params: [] }), ['m.spec.params: must be an object, is a list']],
    [
      'resources that nobody knows',
      manifest({ resources: { tpu: 1, cpus: 2 } }),
      [
        'm.spec.resources.tpu: is not supported by this executor; known here: cpu, memory, gpu, ephemeral_storage, timeout_seconds, size_class',
        'm.spec.resources.cpus: is not supported by this executor; known here: cpu, memory, gpu, ephemeral_storage, timeout_seconds, size_class',
      ],
    ],
    [
      'a resource with a name without end',
      manifest({ resources: { ['x'.repeat(65)]: 1 } }),
      [
        `m.spec.resources["${'x'.repeat(64)}…"]: is not supported by this executor; known here: cpu, memory, gpu, ephemeral_storage, timeout_seconds, size_class`,
      ],
    ],
    [
      'a quantity that is true',
      manifest({ resources: { cpu: true } }),
      ['m.spec.resources.cpu: must be a quantity such as "500m" or "2Gi", is a boolean'],
    ],
    [
      'a quantity without end',
      manifest({ resources: { cpu: '1'.repeat(65) } }),
      ['m.spec.resources.cpu: must be at most 64 characters long'],
    ],
    [
      'a timeout of 0',
      manifest({ resources: { timeout_seconds: 0 } }),
      ['m.spec.resources.timeout_seconds: must be a whole number from 1 to 86400'],
    ],
    [
      'a timeout of more than a day',
      manifest({ resources: { timeout_seconds: 86_401 } }),
      ['m.spec.resources.timeout_seconds: must be a whole number from 1 to 86400'],
    ],
    [
      'half a second',
      manifest({ resources: { timeout_seconds: 0.5 } }),
      ['m.spec.resources.timeout_seconds: must be a whole number from 1 to 86400'],
    ],
    [
      'a timeout that is text',
      manifest({ resources: { timeout_seconds: '60' } }),
      ['m.spec.resources.timeout_seconds: must be a whole number from 1 to 86400'],
    ],
    [
      'another tenant',
      manifest({ permissions: { tenant_id: 'evil' } }),
      ['m.spec.permissions.tenant_id: is "evil", but the key says "acme"'],
    ],
    [
      'roles that are no list',
      manifest({ permissions: { roles: 'admin' } }),
      ['m.spec.permissions.roles: must be a list of strings, is a string'],
    ],
    [
      'scopes that are no texts',
      manifest({ permissions: { scopes: [1] } }),
      ['m.spec.permissions.scopes: must be a list of strings, is a list'],
    ],
    [
      'a permission that nobody knows',
      manifest({ permissions: { network_policy: { allow_all: true } } }),
      [
        'm.spec.permissions.network_policy.allow_all: is not supported by this executor; known here: allow_external, allowed_hosts',
      ],
    ],
    [
      'a switch that is text',
      manifest({ permissions: { network_policy: { allow_external: 'false' } } }),
      ['m.spec.permissions.network_policy.allow_external: must be true or false, is a string'],
    ],
    [
      'a quota below 1',
      manifest({ permissions: { resource_quotas: { max_memory_mb: 0 } } }),
      ['m.spec.permissions.resource_quotas.max_memory_mb: must be a whole number from 1 to 1000000000'],
    ],
    ['inputs that are an object', manifest({ inputs: {} }), ['m.spec.inputs: must be a list, is an object']],
    [
      'too many inputs',
      manifest({ inputs: Array.from({ length: 1_001 }, () => input) }),
      ['m.spec.inputs: must have at most 1000 entries, has 1001'],
    ],
    ['an input that is null', manifest({ inputs: [null] }), ['m.spec.inputs[0]: is required']],
    [
      'an input that is a text',
      manifest({ inputs: [input, 'x'] }),
      ['m.spec.inputs[1]: must be an object, is a string'],
    ],
    [
      'an input without anything',
      manifest({ inputs: [{}] }),
      [
        'm.spec.inputs[0].name: is required',
        'm.spec.inputs[0].artifact_uri: is required',
        'm.spec.inputs[0].sha256: is required',
      ],
    ],
    [
      'the same name twice',
      manifest({ inputs: [input, input] }),
      ['m.spec.inputs[1].name: "i" appears twice'],
    ],
    [
      'a checksum in capitals',
      manifest({ inputs: [{ ...input, sha256: sha256.toUpperCase() }] }),
      ['m.spec.inputs[0].sha256: must be 64 lower-case hexadecimal digits'],
    ],
    [
      'a negative size',
      manifest({ inputs: [{ ...input, size_bytes: -1 }] }),
      ['m.spec.inputs[0].size_bytes: must be a whole number from 0 to 9007199254740991'],
    ],
    [
      'a URI of another scheme',
      manifest({ inputs: [{ ...input, artifact_uri: 'ftp://h/k' }] }),
      ['m.spec.inputs[0].artifact_uri: must be a URI with one of the schemes file, s3, gs, az, https'],
    ],
    [
      'a path',
      manifest({ inputs: [{ ...input, artifact_uri: '/etc/passwd' }] }),
      ['m.spec.inputs[0].artifact_uri: must be a URI with one of the schemes file, s3, gs, az, https'],
    ],
    [
      'a URI that is none',
      manifest({ inputs: [{ ...input, artifact_uri: 'https://[' }] }),
      ['m.spec.inputs[0].artifact_uri: must be a valid URI'],
    ],
    [
      'a URI without end',
      manifest({ inputs: [{ ...input, artifact_uri: `s3://${'k'.repeat(2_048)}` }] }),
      ['m.spec.inputs[0].artifact_uri: must be at most 2048 characters long, has 2053'],
    ],
    [
      'a prefix without a slash at its end',
      manifest({ outputs: [{ name: 'o', artifact_prefix: 's3://b/k' }] }),
      ['m.spec.outputs[0].artifact_prefix: must end with "/"'],
    ],
    [
      'an output without a prefix',
      manifest({ outputs: [{ name: 'o' }] }),
      ['m.spec.outputs[0].artifact_prefix: is required'],
    ],
    [
      'a traceparent that is none',
      manifest({ observability: { trace_context: { traceparent: '00-x' } } }),
      ['m.spec.observability.trace_context.traceparent: must be a W3C traceparent'],
    ],
    [
      'a tracestate in Greek',
      manifest({ observability: { trace_context: { tracestate: 'α=β' } } }),
      ['m.spec.observability.trace_context.tracestate: must be printable ASCII'],
    ],
  ])('%s', (_, value, wanted) => {
    expect(wrong(value)).toEqual(wanted);
  });

  test('everything at once, in the order of the document', () => {
    const value = {
      apiVersion: 'x',
      kind: 'y',
      metadata: {},
      spec: { agent: {}, inputs: [{}], resources: { cpu: [] } },
    };
    expect(wrong(value)).toEqual([
      'm.apiVersion: must be "glip/v1"',
      'm.kind: must be "Invocation"',
      'm.metadata.invocation_id: is required',
      'm.spec.agent.name: is required',
      'm.spec.agent.image: is required',
      'm.spec.resources.cpu: must be a quantity such as "500m" or "2Gi", is a list',
      'm.spec.inputs[0].name: is required',
      'm.spec.inputs[0].artifact_uri: is required',
      'm.spec.inputs[0].sha256: is required',
    ]);
  });

  test('is told of any JSON at all, and never throws', () => {
    const spots = [
      'metadata',
      'spec',
      'agent',
      'inputs',
      'outputs',
      'resources',
      'permissions',
      'observability',
      'params',
      'name',
      'image',
      '__proto__',
      'constructor',
      'toString',
    ];
    const any = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<JsonValue>(null, true, 0, -1, 1.5, '', 'x', 'a\0b'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...spots), tie('value'), { maxKeys: 6 }),
      ),
    }));
    fc.assert(
      fc.property(any.value, (value) => {
        for (const line of wrong(value)) expect(line).toMatch(/^m(\.|\[|:).*\S$/s);
      }),
      { numRuns: 2_000 },
    );
  });

  test('names of Object are no members', () => {
    const value = JSON.parse(
      '{"apiVersion":"glip/v1","kind":"Invocation","__proto__":{"metadata":{},"spec":{}}}',
    ) as JsonValue;
    expect(wrong(value)).toEqual(['m.metadata: is required', 'm.spec: is required']);
  });
});
