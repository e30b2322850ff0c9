import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDnsLabel } from '../../../src/lib/label-syntax.ts';
import { ownerOf } from '../../../src/tenant/identity.ts';
import { tenantAnnotation } from '../../../src/tenant/objects.ts';
import { objectsOf, stored } from './build.ts';

/** Ids that are alike: with underscores, at their longest, and such that look like what is made of others. */
const tenantId = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_-]{0,62}$/),
  fc.stringMatching(/^[ab][ab_-]{0,3}$/),
  fc.stringMatching(/^[a-z]{41}-x[a-z2-7]{20}$/),
  fc.constantFrom(
    'a_b',
    'a-b',
    'a-_b',
    'a--b',
    'x'.repeat(63),
    `${'x'.repeat(62)}_`,
    `a${'-'.repeat(62)}`,
    'a-',
    'a_',
  ),
);

test('no two tenants share a namespace or an account, and each namespace tells whose it is', () => {
  fc.assert(
    fc.property(tenantId, tenantId, (a, b) => {
      const [first, second] = [objectsOf(a), objectsOf(b)];
      const names = (objects: typeof first) =>
        ['Namespace', 'ServiceAccount'].map((kind) => objects.find((o) => o.kind === kind)!.metadata.name);
      for (const [i, name] of names(first).entries()) {
        expect(isDnsLabel(name)).toBe(true);
        expect(name === names(second)[i]).toBe(a === b);
      }
      const namespace = stored(first[0]!);
      expect(ownerOf(namespace, 'glip-')).toBe(a);
      // Under another prefix, or with another's annotation, it is nobody's.
      expect(ownerOf(namespace, 'other-')).toBeUndefined();
      const forged = {
        ...namespace,
        annotations: { ...namespace.annotations, [tenantAnnotation.tenant]: b },
      };
      expect(ownerOf(forged, 'glip-')).toBe(a === b ? a : undefined);
    }),
    { numRuns: 2_000 },
  );
});

test('a namespace without an id, or with one that is none, is nobody`s', () => {
  const namespace = stored(objectsOf('acme')[0]!);
  expect(ownerOf({ ...namespace, annotations: {} }, 'glip-')).toBeUndefined();
  expect(
    ownerOf({ ...namespace, annotations: { [tenantAnnotation.tenant]: '../acme' } }, 'glip-'),
  ).toBeUndefined();
});
