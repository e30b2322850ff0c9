import { describe, expect, test } from 'vitest';
import { imageProblem } from '../../../src/image/problem.ts';
import { anyImage, type SignaturePolicy } from '../../../src/image/rules.ts';
import { trustOf } from '../../../src/image/trust.ts';
import { parseSubmit } from '../../../src/job/parse-submit.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { noOptions, request, settings, withOptions } from '../job/submit.ts';

const image = 'ghcr.io/greenlang/agents/ingest:1.2.3';
const cluster = (sources?: readonly string[], openWithoutSources = false) => ({
  ...anyImage,
  sources,
  openWithoutSources,
});
const tenant = (...sources: string[]) => ({ sources, keys: [] as string[], signatures: undefined });

test.each([
  ['nobody says anything', cluster(), undefined, /no source of images is trusted here: set images\.sources/],
  ['the tenant says nothing, either', cluster(), tenant(), /no source of images is trusted here/],
  ['a cluster without a registry', cluster(undefined, true), undefined, undefined],
  ['the cluster says so', cluster(['ghcr.io/greenlang/*']), undefined, undefined],
  ['the cluster takes everything', cluster(['*']), undefined, undefined],
  [
    'the cluster says otherwise',
    cluster(['quay.io/*']),
    undefined,
    /this cluster's images \(images\.sources\): quay\.io\/\*/,
  ],
  ['the cluster takes nothing', cluster([]), undefined, /\(images\.sources\): none/],
  ['the tenant says so', cluster(), tenant('ghcr.io/greenlang/*'), undefined],
  [
    'the tenant says otherwise',
    cluster(['*']),
    tenant('quay.io/*'),
    /this tenant's images \(image_sources\): quay\.io\/\*/,
  ],
  ['also in a cluster without a registry', cluster(undefined, true), tenant('quay.io/*'), /image_sources/],
  ['the tenant says more than the cluster', cluster(['quay.io/*']), tenant('ghcr.io/*'), /images\.sources/],
  ['both say so', cluster(['ghcr.io/*']), tenant('ghcr.io/greenlang/*'), undefined],
])('%s', (_, ofCluster, ofTenant, expected) => {
  const problem = imageProblem(image, ofCluster, ofTenant);
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
});

test('a long list is not told in full', () => {
  const many = Array.from({ length: 30 }, (_, i) => `quay.io/a${i}`);
  expect(imageProblem(image, cluster(many), undefined)).toMatch(/quay\.io\/a9, and 20 more$/);
});

describe('signatures', () => {
  const trust = trustOf([]);
  const rules = (signatures: SignaturePolicy, more: object = {}) => ({
    ...anyImage,
    signatures,
    verifies: true,
    trust: undefined,
    ...more,
  });
  const of = (signatures?: SignaturePolicy, keys: string[] = []) => ({ sources: [], keys, signatures });

  test.each([
    ['are not asked for', rules('not-required'), of(), undefined],
    ['are asked for, and the cluster trusts somebody', rules('required', { trust }), of(), undefined],
    ['are asked for, and the tenant trusts somebody', rules('required'), of(undefined, ['a key']), undefined],
    [
      'are asked for, and nobody is trusted',
      rules('required'),
      of(),
      /nobody is trusted to sign: set images\.keysFile or images\.identities, or describe the tenant with image_keys/,
    ],
    ['are asked for by the tenant alone', rules('not-required'), of('required'), /nobody is trusted to sign/],
    ['are asked for, and not of that tenant', rules('required'), of('not-required'), undefined],
    [
      'are asked for where nobody looks',
      rules('not-required', { verifies: false, trust }),
      of('required'),
      /nobody looks at signatures here \(images\.resolve\)/,
    ],
    ['are asked for in a namespace that was made by hand', rules('required'), undefined, /nobody is trusted/],
  ])('%s', (_, ofCluster, ofTenant, expected) => {
    const problem = imageProblem(image, ofCluster, ofTenant);
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toMatch(expected);
  });
});

describe('a submit', () => {
  const strict = { ...settings, images: cluster(['quay.io/*']) };
  const refused = (asked = request()) => {
    const parsed = parseSubmit(asked, strict);
    if (!(parsed instanceof ExecutorError)) throw new Error('it was accepted');
    return parsed;
  };

  test('has a reason of its own when its image is all that is wrong', () => {
    const error = refused();
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'IMAGE_NOT_ALLOWED' });
    expect(error.violations).toMatchObject([{ field: 'invocation.spec.agent.image' }]);
  });

  test('tells it with all the rest', () => {
    const error = refused(withOptions({ ...noOptions, gracePeriod: -1 }));
    expect(error.reason).toBe('INVALID_REQUEST');
    expect(error.violations.map((v) => v.field)).toEqual([
      'options.grace_period',
      'invocation.spec.agent.image',
    ]);
  });
});
