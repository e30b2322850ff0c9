import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TenantSpec } from '../../../src/tenant/spec.ts';
import { printSpec, readSpec } from '../../../src/tenant/spec-text.ts';
import { aSpec } from './build.ts';

const word = fc.string({ minLength: 1, maxLength: 8 }).filter((w) => w !== '__proto__');
const map = fc.dictionary(word, word, { maxKeys: 3, noNullPrototype: true });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const without = (value: object) =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined));

const anySpec = fc.record({
  quota: map,
  pools: fc.array(word, { maxLength: 3 }),
  priorityClasses: fc.array(word, { maxLength: 3 }),
  imageSources: fc.array(word),
  imageKeys: fc.array(word),
  egress: fc.array(
    fc.record({
      to: fc.oneof(
        fc.record({ kind: fc.constant('cidr' as const), cidr: word }),
        fc.record({ kind: fc.constant('namespace' as const), namespace: word }),
        fc.record({ kind: fc.constant('host' as const), host: word }),
      ),
      ports: fc.array(fc.nat(65_535), { maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
  secrets: fc.array(word, { maxLength: 3 }),
  imagePullSecrets: fc.array(word, { maxLength: 3 }),
  labels: map,
  defaults: fc
    .record({
      pool: optional(word),
      atMostOnce: optional(fc.boolean()),
      uninterruptible: optional(fc.boolean()),
      gracePeriod: optional(fc.nat()),
      timeouts: fc.record({ run: optional(fc.nat()), queue: optional(fc.nat()) }).map(without),
    })
    .map((d) => without(d) as unknown as TenantSpec['defaults']),
});

describe('the text of a description', () => {
  test('is read as it was written, and the same for the same', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        const text = printSpec(spec);
        expect(readSpec(text)).toEqual({ ok: true, value: spec });
        expect(printSpec({ ...spec })).toBe(text);
      }),
    );
  });

  test('says nothing of what is left to defaults', () => {
    expect(printSpec(aSpec())).toBe('{"version":1}');
  });

  test.each([
    ['missing', undefined, /missing/],
    ['cut', '{"version":1', /no JSON/],
    ['a list', '[]', /version/],
    ['of another version', '{"version":2}', /version/],
    ['of a newer executor', '{"version":1,"image_keys":["k"]}', /does not know its "image_keys"/],
    ['with a member of Object', '{"version":1,"constructor":{}}', /does not know/],
    ['with a number for a text', '{"version":1,"quota":{"pods":5}}', /its quota/],
    [
      'with a target of another kind',
      '{"version":1,"egress":[{"to":{"kind":"service","service":"x"},"ports":[]}]}',
      /its egress/,
    ],
    [
      'with a rule that says more',
      '{"version":1,"egress":[{"to":{"kind":"cidr","cidr":"x"},"ports":[],"except":[]}]}',
      /its egress/,
    ],
    ['with another default', '{"version":1,"defaults":{"env":{}}}', /its defaults/],
  ])('%s is not read by half', (_, text, message) => {
    expect(readSpec(text)).toEqual({ ok: false, message: expect.stringMatching(message) });
  });
});
