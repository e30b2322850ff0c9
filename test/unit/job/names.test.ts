import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printKey, readKey } from '../../../src/job/metadata.ts';
import {
  inputsName,
  jobName,
  labelValue,
  namespaceOf,
  serviceAccountOf,
  shortHash,
  stepHash,
} from '../../../src/job/names.ts';
import { isDnsLabel, isLabelValue, isSubdomain } from '../../../src/lib/label-syntax.ts';
import { checkKey, type StepKey, sameKey } from '../../../src/step/key.ts';

const identifier = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_-]{0,62}$/),
  fc.stringMatching(/^[a-c][a-b-]{0,3}$/),
  fc.constant(`a${'-'.repeat(62)}`),
  fc.constant('x'.repeat(63)),
);
const runId = fc.oneof(
  fc.uuid({ version: 4 }),
  fc.stringMatching(/^[a-c][a-b-]{0,3}$/),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  fc.stringMatching(/^[A-Za-z0-9._:/-]{1,128}$/),
);
/** Every key that a caller may use, and many that are alike. */
const anyKey: fc.Arbitrary<StepKey> = fc
  .record({
    tenant: identifier,
    runId,
    stepId: identifier,
    attempt: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 9_999 })),
  })
  .filter((key) => checkKey(key, '').length === 0);

const uuid = '0b3e6c1e-9c1d-4c5a-8f0e-1a2b3c4d5e6f';
const key = (more: Partial<StepKey> = {}): StepKey => ({
  tenant: 'acme',
  runId: uuid,
  stepId: 'ingest',
  attempt: 0,
  ...more,
});

describe("a Job's name", () => {
  test.each<[string, Partial<StepKey>, RegExp]>([
    ["ADR-002's for a first attempt of a UUID run", {}, new RegExp(`^glip-${uuid}-ingest$`)],
    ['the longest of them has 63 characters', { stepId: `s${'a'.repeat(20)}` }, /^glip-.{36}-s.{20}$/],
    ['one more is hashed', { stepId: `s${'a'.repeat(21)}` }, /^glip-s-0b3e6c1e-sa+-[a-z2-7]{20}$/],
    ['an underscore is hashed', { stepId: 'in_gest' }, /^glip-s-0b3e6c1e-in-gest-[a-z2-7]{20}$/],
    ['a dash at the end is hashed', { stepId: 'ingest-' }, /^glip-s-0b3e6c1e-ingest-[a-z2-7]{20}$/],
    ['an opaque run is hashed', { runId: 'Run #7' }, /^glip-s-run-7-ingest-[a-z2-7]{20}$/],
    ['a run in capitals is hashed', { runId: uuid.toUpperCase() }, /^glip-s-0b3e6c1e-ingest-[a-z2-7]{20}$/],
    ['a later attempt says which', { attempt: 2 }, /^glip-s-0b3e6c1e-ingest-a2-[a-z2-7]{20}$/],
    [
      'nothing that can be read is left out',
      { runId: '実行', stepId: 'a', attempt: 0 },
      /^glip-s-a-[a-z2-7]{20}$/,
    ],
  ])('%s', (_, change, wanted) => {
    expect(jobName(key(change))).toMatch(wanted);
    expect(isDnsLabel(jobName(key(change)))).toBe(true);
  });

  test('is a DNS label of at most 63 characters, whatever the key', () => {
    fc.assert(
      fc.property(anyKey, (k) => void expect(isDnsLabel(jobName(k)), jobName(k)).toBe(true)),
      { numRuns: 2_000 },
    );
  });

  test('of two steps in one namespace is never the same', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const there = { ...b, tenant: a.tenant };
        expect(jobName(a) === jobName(there)).toBe(sameKey(a, there));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each<[string, Partial<StepKey>, Partial<StepKey>]>([
    ['run x-y step z is not run x step y-z', { runId: 'x-y', stepId: 'z' }, { runId: 'x', stepId: 'y-z' }],
    ['a step that looks like an attempt', { stepId: 'ingest-a1' }, { attempt: 1 }],
    ['a step that looks like a hashed name', { stepId: 's-ingest' }, { runId: 's', stepId: 'ingest' }],
    ['an underscore and a dash', { stepId: 'in_gest' }, { stepId: 'in-gest' }],
    ['a run in capitals', { runId: uuid.toUpperCase() }, {}],
  ])('tells apart: %s', (_, a, b) => {
    expect(jobName(key(a))).not.toBe(jobName(key(b)));
  });

  test('the plain and the hashed form never meet: no UUID begins with "s"', () => {
    fc.assert(
      fc.property(anyKey, (k) => {
        const plain = jobName(k) === `glip-${k.runId}-${k.stepId}`;
        expect(jobName(k).startsWith('glip-s-')).toBe(!plain);
      }),
    );
  });

  test('does not change', () => {
    expect(jobName(key({ attempt: 1 }))).toBe(jobName(key({ attempt: 1 })));
    // Clusters hold Jobs under these names: another hash would run their steps again.
    expect(jobName({ tenant: 'acme', runId: 'run-1', stepId: 'step_1', attempt: 3 })).toBe(
      'glip-s-run-1-step-1-a3-hfy5zr7egzgfjxpgbxel',
    );
    expect(inputsName(key(), 'inv-1', 'hash')).toBe('glip-inputs-inv-1-es6dwkoflm6s3iph6zxx');
    expect(stepHash(key())).toBe('34x76sim6lihfqwdxm4a');
  });
});

describe('what belongs to a step', () => {
  test('all attempts of a step have one hash, and other steps another', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(stepHash(a) === stepHash(b)).toBe(sameKey({ ...a, attempt: 0 }, { ...b, attempt: 0 }));
        expect(isLabelValue(stepHash(a))).toBe(true);
      }),
    );
  });

  test("the inputs' name is valid, and another for another step, invocation or spec", () => {
    const invocation = fc.string({ unit: 'grapheme', maxLength: 253 });
    fc.assert(
      fc.property(anyKey, invocation, fc.string(), (k, id, hash) => {
        expect(isSubdomain(inputsName(k, id, hash)), inputsName(k, id, hash)).toBe(true);
        expect(inputsName({ ...k, attempt: k.attempt + 1 }, id, hash)).not.toBe(inputsName(k, id, hash));
        expect(inputsName(k, id, `${hash}x`)).not.toBe(inputsName(k, id, hash));
      }),
    );
  });

  test('a key is read as it was printed', () => {
    fc.assert(fc.property(anyKey, (k) => void expect(readKey(printKey(k))).toEqual(k)));
  });

  test.each([
    undefined,
    '',
    'null',
    '[]',
    '{"tenant":"a"}',
    '["a","b","c"]',
    '["a","b",3,0]',
    '["a","b","c","0"]',
    '[1,"b","c",0]',
    '["a","b","c",0,1]',
  ])('a key that is not ours is none: %s', (text) => {
    expect(readKey(text)).toBeUndefined();
  });
});

describe("a tenant's namespace and service account", () => {
  const prefix = fc.constantFrom('glip-', 'g', 'a-long-prefix-of-30-characters-');

  test.each([
    ['acme', 'glip-acme'],
    ['a', 'glip-a'],
  ])('%s is itself', (tenant, wanted) => {
    expect(namespaceOf('glip-', tenant)).toBe(wanted);
  });

  test.each([
    ['an underscore', 'ac_me', /^glip-ac-me-x[a-z2-7]{20}$/],
    ['too long', 'x'.repeat(63), /^glip-x{36}-x[a-z2-7]{20}$/],
    ['a dash at the end', 'acme-', /^glip-acme-x[a-z2-7]{20}$/],
    ['the look of a hashed one', `acme-x${'a'.repeat(20)}`, /^glip-acme-xa{20}-x[a-z2-7]{20}$/],
  ])('%s is hashed', (_, tenant, wanted) => {
    expect(namespaceOf('glip-', tenant)).toMatch(wanted);
  });

  test('is a DNS label, whatever the tenant and the prefix', () => {
    fc.assert(
      fc.property(prefix, identifier, (p, tenant) => {
        expect(isDnsLabel(namespaceOf(p, tenant)), namespaceOf(p, tenant)).toBe(true);
        expect(isDnsLabel(serviceAccountOf(tenant)), serviceAccountOf(tenant)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('two tenants never share one', () => {
    fc.assert(
      fc.property(prefix, identifier, identifier, (p, a, b) => {
        expect(namespaceOf(p, a) === namespaceOf(p, b)).toBe(a === b);
        // The name that one tenant was given is no tenant that gets the same.
        const given = namespaceOf(p, a).slice(p.length);
        expect(given === a || namespaceOf(p, given) !== namespaceOf(p, a)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("a label's value", () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc.stringMatching(/^[A-Za-z0-9._-]{0,70}$/),
  );

  test.each([
    ['', ''],
    ['OPS.DATA.Ingest', 'OPS.DATA.Ingest'],
    ['x'.repeat(63), 'x'.repeat(63)],
  ])('%j is itself', (value, wanted) => {
    expect(labelValue(value)).toBe(wanted);
  });

  test('is valid, whatever the text', () => {
    fc.assert(fc.property(text, (t) => void expect(isLabelValue(labelValue(t)), labelValue(t)).toBe(true)));
  });

  test('keeps texts apart', () => {
    fc.assert(fc.property(text, text, (a, b) => void expect(labelValue(a) === labelValue(b)).toBe(a === b)));
  });
});

test('a short hash is 20 characters of base32, and as good as random', () => {
  const hashes = Array.from({ length: 2_000 }, (_, i) => shortHash(`${i}`));
  expect(new Set(hashes).size).toBe(2_000);
  for (const hash of hashes) expect(hash).toMatch(/^[a-z2-7]{20}$/);
  const letters = new Set(hashes.map((h) => h[19]));
  expect(letters.size).toBe(32);
});
