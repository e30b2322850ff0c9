import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import {
  ExecutorService,
  SubmitStepRequestSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type RpcError, refusal } from '../../support/client.ts';
import type { TestExecutor } from '../../support/executor.ts';
import { callRaw } from './raw-call.ts';
import { deepParams, field, text } from './wire.ts';

const key = { tenant: 'acme', runId: 'r', stepId: 's', attempt: 0 };
const manifest = (change: object = {}) => ({
  apiVersion: 'glip/v1',
  kind: 'Invocation',
  metadata: { invocation_id: 'inv' },
  spec: { agent: { name: 'A', image: 'a:1' }, ...change },
});
const whole = JSON.stringify(manifest());
const MiB = 1024 * 1024;

/** Manifest texts that are none, and a word that the message must have. */
const texts: Readonly<Record<string, readonly [json: string, says: RegExp]>> = {
  empty: ['', /required|empty/],
  'white space': [' \n', /empty/],
  'not JSON': ['{"apiVersion": glip/v1}', /line 1/],
  'cut off': [whole.slice(0, -2), /end/],
  'something behind it': [`${whole} {}`, /./],
  'a list': ['[]', /object/],
  null: ['null', /object|required/],
  'a string': ['"glip"', /object/],
  'a byte order mark': [`\ufeff${whole}`, /byte order mark/],
  'a duplicate key': [whole.replace('"kind"', '"kind":"Invocation","kind"'), /duplicate|twice/],
  'a key twice, once escaped': [
    whole.replace('"kind"', '"kin\\u0064":"Invocation","kind"'),
    /duplicate|twice/,
  ],
  'an escaped NUL': [whole.replace('"A"', '"A\\u0000"'), /NUL/],
  'a raw control character': [whole.replace('"A"', '"A\u0001"'), /control character/],
  'an escaped control character in a name': [whole.replace('"A"', '"A\\u001b[31m"'), /control character/],
  'a lone surrogate': [whole.replace('"A"', '"A\\ud800"'), /surrogate/],
  'a number beyond all numbers': [whole.replace('"A"', '1e999'), /./],
  'a number that is not exact': [
    JSON.stringify(manifest({ params: { n: 0 } })).replace('"n":0', '"n":9007199254740993'),
    /exact|2\^53/,
  ],
  NaN: [whole.replace('"A"', 'NaN'), /./],
  comments: [`// hello\n${whole}`, /./],
  'single quotes': [whole.replaceAll('"', "'"), /./],
  'deep nesting': [
    JSON.stringify(manifest({ params: { x: 1 } })).replace(
      '"x":1',
      `"x":${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    ),
    /deep|levels/,
  ],
  'nesting without an end': ['['.repeat(500_000), /deep|levels/],
  'another version': [whole.replace('glip/v1', 'glip/v2'), /glip\/v1/],
  'another kind': [whole.replace('"Invocation"', '"Job"'), /Invocation/],
  'a string for an object': [JSON.stringify(manifest({ agent: 'a:1' })), /object/],
  'an object for a list': [JSON.stringify(manifest({ inputs: {} })), /list/],
  'a number for a string': [JSON.stringify(manifest({ agent: { name: 1, image: 'a:1' } })), /string/],
  'a string for a number': [
    JSON.stringify(manifest({ resources: { timeout_seconds: '60' } })),
    /whole number/,
  ],
  'a fraction of a second': [
    JSON.stringify(manifest({ resources: { timeout_seconds: 0.5 } })),
    /whole number/,
  ],
  'a truth for a quantity': [JSON.stringify(manifest({ resources: { cpu: true } })), /quantity/],
  'params that are a list': [JSON.stringify(manifest({ params: [] })), /object/],
  'a resource that is unknown': [JSON.stringify(manifest({ resources: { tpu: 1 } })), /not supported/],
  __proto__: [whole.replace('"spec"', '"__proto__":{"spec":1},"x"'), /required/],
  'nothing that is needed': ['{}', /required/],
  'more than fits': [JSON.stringify(manifest({ params: { x: 'x'.repeat(901 * 1024) } })), /at most/],
  'characters that are more bytes than they seem': [
    JSON.stringify(manifest({ params: { x: '名'.repeat(400 * 1024) } })),
    /at most/,
  ],
};

const submit = (request: object): Buffer =>
  Buffer.from(toBinary(SubmitStepRequestSchema, create(SubmitStepRequestSchema, request)));
const withManifest = { key, manifest: { case: 'manifestJson', value: whole } } as const;

/** Bytes that protobuf or the contract cannot take. */
const requests: Readonly<Record<string, () => Buffer>> = {
  'no bytes at all': () => Buffer.alloc(0),
  'random bytes': () => Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 7919) % 256)),
  'a message that is cut off': () => submit(withManifest).subarray(0, -3),
  'text that is no UTF-8': () => field(3, Buffer.from([0xff, 0xfe, 0x00])),
  'a number where a message belongs': () => Buffer.from([0x08, 0x01]),
  'fields that are newer than this executor': () =>
    Buffer.concat([submit(withManifest), field(99, text('x'))]),
  'an option that is newer than this executor': () =>
    Buffer.concat([submit(withManifest), field(4, field(99, text('x')))]),
  'an enum value that is unknown': () => submit({ ...withManifest, options: { startGuarantee: 99 } }),
  'another enum value that is unknown': () =>
    submit({ ...withManifest, options: { disruptionPolicy: 2_147_483_647 } }),
  'no key': () => submit({ manifest: withManifest.manifest }),
  'no manifest': () => submit({ key }),
  'an invocation without a thing': () => submit({ key, manifest: { case: 'invocation', value: {} } }),
  'a duration beyond all durations': () =>
    submit({ ...withManifest, options: { timeouts: { queue: { seconds: 2n ** 62n, nanos: 0 } } } }),
  'a duration of nonsense nanoseconds': () =>
    submit({ ...withManifest, options: { gracePeriod: { seconds: 1n, nanos: -2_147_483_648 } } }),
  'an integer beyond 2^53': () =>
    submit({
      key,
      manifest: {
        case: 'invocation',
        value: {
          metadata: { invocationId: 'i' },
          spec: {
            agent: { name: 'A', image: 'a:1' },
            inputs: [
              { name: 'n', artifactUri: 's3://b/k', sha256: '0'.repeat(64), sizeBytes: 2n ** 64n - 1n },
            ],
          },
        },
      },
    }),
  'typed params of a hundred levels': () => deepParams(100),
  'typed params of ten thousand levels': () => deepParams(10_000),
  'typed params of a hundred thousand levels': () => deepParams(100_000),
  'a run id of 3 MB': () => submit({ ...withManifest, key: { ...key, runId: 'x'.repeat(3 * MiB) } }),
  'a step id of 3 MB': () => submit({ ...withManifest, key: { ...key, stepId: 'x'.repeat(3 * MiB) } }),
  'an environment value of 3 MB': () =>
    submit({ ...withManifest, options: { env: { A: 'x'.repeat(3 * MiB) } } }),
  'an environment name of 3 MB': () =>
    submit({ ...withManifest, options: { env: { ['A'.repeat(3 * MiB)]: 'x' } } }),
  'a label key of 3 MB': () =>
    submit({ ...withManifest, options: { labels: { ['a'.repeat(3 * MiB)]: 'x' } } }),
  'a pool of 3 MB': () => submit({ ...withManifest, options: { pool: 'x'.repeat(3 * MiB) } }),
  'a quantity of 3 MB': () =>
    submit({
      key,
      manifest: {
        case: 'manifestJson',
        value: JSON.stringify(manifest({ resources: { cpu: '1'.repeat(800_000) } })),
      },
    }),
  'an image of 800 KB': () =>
    submit({
      key,
      manifest: {
        case: 'manifestJson',
        value: JSON.stringify(manifest({ agent: { name: 'A', image: `a${'-b'.repeat(400_000)}` } })),
      },
    }),
  'a hundred thousand environment variables': () =>
    submit({
      ...withManifest,
      options: { env: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`K${i}`, 'v'])) },
    }),
  'a hundred thousand volumes': () =>
    submit({
      ...withManifest,
      options: { volumes: Array.from({ length: 100_000 }, () => ({ name: 'a', mountPath: '/a' })) },
    }),
};

/** Above the server's limit for a request. */
const tooLarge: Readonly<Record<string, () => Buffer>> = {
  'a manifest of 5 MB': () => submit({ key, manifest: { case: 'manifestJson', value: 'x'.repeat(5 * MiB) } }),
  'a run id of 5 MB': () => submit({ ...withManifest, key: { ...key, runId: 'x'.repeat(5 * MiB) } }),
  'an annotation of 5 MB': () =>
    submit({ ...withManifest, options: { annotations: { 'a.b/c': 'x'.repeat(5 * MiB) } } }),
};

/** Whatever comes in: a message that a person can act on, never INTERNAL, never a crash. */
export function describeBadInput(executor: () => TestExecutor): void {
  const raw = (bytes: Buffer, method: keyof typeof ExecutorService.method = 'submitStep') =>
    refusal(callRaw(executor().grpc, ExecutorService.method[method], bytes));

  describe('a manifest that is', () => {
    test.for(Object.entries(texts))('%s', async ([, [value, says]]) => {
      const error = await refusal(
        executor().client.submit({ key, manifest: { case: 'manifestJson', value } }),
      );
      expectActionable(error);
      expect(error.message).toMatch(says);
      expect(error.violations.every((v) => v.field.startsWith('manifest_json'))).toBe(true);
    });
  });

  describe('a request that is or has', () => {
    test.for(Object.entries(requests))('%s', async ([, bytes]) => expectActionable(await raw(bytes())));
  });

  describe('more than the server takes:', () => {
    test.for(Object.entries(tooLarge))('%s', async ([, bytes]) => {
      const error = await raw(bytes());
      expect(error.code).toBe('RESOURCE_EXHAUSTED');
      expect(error.message).toMatch(/larger|max/i);
    });
  });

  describe('garbage in the other calls', () => {
    test.for(['cancelStep', 'getStep', 'watchStep', 'listSteps'] as const)('%s', async (method) => {
      const garbage = Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 7919) % 256));
      expectActionable(await raw(garbage, method));
      const badKey = field(
        1,
        Buffer.concat([field(1, text('../..')), field(2, text('a\u0000')), field(3, text('Ä'))]),
      );
      if (method === 'listSteps') return;
      const error = await raw(badKey, method);
      expectActionable(error);
      expect(error.violations.map((v) => v.field)).toEqual(['key.tenant', 'key.step_id', 'key.run_id']);
    });
  });
}

function expectActionable(error: RpcError): void {
  expect(error.code).toBe('INVALID_ARGUMENT');
  expect(['INVALID_REQUEST', 'UNSUPPORTED_OPTION']).toContain(error.reason);
  expect(error.violations.length).toBeGreaterThan(0);
  for (const { field, description } of error.violations) {
    expect(Buffer.byteLength(field)).toBeLessThanOrEqual(256);
    expect(description).toMatch(/\w{2}/);
    expect(Buffer.byteLength(description)).toBeLessThanOrEqual(512);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must not obey what a caller sends.
  expect(error.message).not.toMatch(/[\u0000-\u001f\u007f]/);
}
