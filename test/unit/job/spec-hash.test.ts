import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { specHash } from '../../../src/job/spec-hash.ts';
import type { JsonValue } from '../../../src/lib/json-text.ts';
import {
  accepted,
  key,
  type Members,
  manifest,
  noOptions,
  request,
  withOptions,
  withText,
} from './submit.ts';

const hashOf = (value: JsonValue) => specHash(key, value, noOptions);

/** The same members in another order, all the way down. */
function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, reversed(v)]),
  );
}

const anyJson = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;
const wellFormed = anyJson.filter(
  (v) => JSON.stringify(v).isWellFormed() && !JSON.stringify(v).includes('\\ud'),
);
const anyManifest = wellFormed.map((params) => manifest({ params: { x: params } }));

describe('the hash of a spec is the same', () => {
  test('whatever the order of the members', () => {
    fc.assert(fc.property(anyManifest, (m) => void expect(hashOf(reversed(m))).toBe(hashOf(m))));
  });

  test('whatever the white space and the writing of strings', () => {
    const compact = JSON.stringify(manifest({ params: { x: 'é/' } }));
    const loose = JSON.stringify(manifest({ params: { x: 'é/' } }), null, '\t ').replace('é/', '\\u00e9\\/');
    expect(accepted(withText(loose)).specHash).toBe(accepted(withText(compact)).specHash);
  });

  test('whatever the trace context', () => {
    const traced = (traceparent: string) =>
      manifest({ observability: { log_correlation_id: 'c', trace_context: { traceparent } } });
    const one = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    expect(hashOf(traced(one))).toBe(hashOf(traced(one.replace('2', '3'))));
    expect(hashOf(traced(one))).toBe(hashOf(manifest({ observability: { log_correlation_id: 'c' } })));
  });

  test('for a typed invocation and its text', () => {
    expect(accepted(withText(JSON.stringify(manifest()))).specHash).toBe(accepted(request()).specHash);
  });

  test('for a step that is interruptible, and one that does not say', () => {
    const before = specHash(
      key,
      manifest(),
      Object.fromEntries(Object.entries(noOptions).filter(([k]) => k !== 'uninterruptible')) as never,
    );
    expect(hashOf(manifest())).toBe(before);
    expect(specHash(key, manifest(), { ...noOptions, uninterruptible: true })).not.toBe(before);
  });

  test('for an option that says nothing and none', () => {
    const later = { ...noOptions, inNewerVersions: '', alsoNew: [], andThis: { x: undefined } };
    expect(specHash(key, manifest(), later)).toBe(hashOf(manifest()));
    expect(specHash(key, manifest(), { ...noOptions, unsupported: ['x'] })).toBe(hashOf(manifest()));
  });

  test('as yesterday: it stands on the Jobs of running steps', () => {
    expect(hashOf(manifest())).toBe('255ffa57e1e5de6f8b01d1675ec931f6cb144c7d69610b3aa215d16a2acc6d2e');
  });
});

describe('the hash of a spec is another', () => {
  test.each<[string, Members]>([
    ['another image', manifest({ agent: { name: 'OPS.DATA.Ingest', version: '1.2.3', image: 'x:1' } })],
    ['another parameter', manifest({ params: { x: 1 } })],
    ['a parameter that is null', manifest({ params: { x: null } })],
    ['another invocation', manifest({}, { invocation_id: 'inv-2' })],
    ['another correlation id', manifest({ observability: { log_correlation_id: 'd' } })],
    ['a trace context elsewhere', manifest({ params: { observability: { trace_context: {} } } })],
    ['a member at the top that nobody reads', { ...manifest(), x: 1 }],
  ])('for %s', (_, other) => {
    expect(hashOf(other)).not.toBe(hashOf(manifest()));
  });

  test('for lists in another order', () => {
    const inputs = (...names: string[]) => manifest({ params: { names } });
    expect(hashOf(inputs('a', 'b'))).not.toBe(hashOf(inputs('b', 'a')));
  });

  test('for any other manifest', () => {
    fc.assert(
      fc.property(anyManifest, anyManifest, (a, b) => {
        expect(hashOf(a) === hashOf(b)).toBe(sortedText(a) === sortedText(b));
      }),
    );
  });

  test.each([[{ tenant: 'other' }], [{ runId: 'other' }], [{ stepId: 'other' }], [{ attempt: 1 }]])(
    'for the key %j',
    (change) => {
      expect(specHash({ ...key, ...change }, manifest(), noOptions)).not.toBe(hashOf(manifest()));
    },
  );

  test.each([
    [{ pool: 'large' }],
    [{ priorityClass: 'high' }],
    [{ spot: true }],
    [{ timeouts: { queue: 1 } }],
    [{ timeouts: { run: 1 } }],
    [{ gracePeriod: 0 }],
    [{ ttlAfterFinished: 60 }],
    [{ command: ['a'] }],
    [{ args: ['a'] }],
    [{ args: ['a', 'b'] }],
    [{ env: { A: '' } }],
    [{ env: { A: 'b' } }],
    [{ labels: { a: 'b' } }],
    [{ annotations: { a: 'b' } }],
    [
      {
        volumes: [
          { name: 'v', mountPath: '/v', readOnly: false, source: { kind: 'scratch', size: '1Gi' } as const },
        ],
      },
    ],
  ])('for the options %j', (options) => {
    const hashes = [accepted(request()).specHash, accepted(withOptions(options)).specHash];
    expect(new Set(hashes).size).toBe(2);
  });

  test('for each of these options from each other', () => {
    const all = [
      { command: ['a'] },
      { args: ['a'] },
      { env: { a: 'a' } },
      { labels: { a: 'a' } },
      { annotations: { a: 'a' } },
    ];
    expect(new Set(all.map((o) => accepted(withOptions(o)).specHash)).size).toBe(all.length);
  });
});

/** The value with its members sorted, as text: what two manifests must differ in. */
function sortedText(value: JsonValue): string {
  return JSON.stringify(value, (_, v: JsonValue) =>
    typeof v === 'object' && v !== null && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  );
}
