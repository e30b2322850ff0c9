import { expect, test } from 'vitest';
import { findCandidates, mostCandidates } from '../../../src/image/candidates.ts';
import type { ImageRegistry } from '../../../src/image/ports.ts';
import type { Candidate } from '../../../src/image/verify.ts';
import { sha256 } from '../../support/registry/fake.ts';

const at = { registry: 'r', repository: 'a' };
const image = sha256('the image');
const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const simpleType = 'application/vnd.dev.cosign.simplesigning.v1+json';
const base64 = (text: string) => Buffer.from(text).toString('base64');

async function all(candidates: AsyncIterable<Candidate>): Promise<readonly Candidate[]> {
  const list: Candidate[] = [];
  for await (const one of candidates) list.push(one);
  return list;
}

/** A registry in memory: referrers by their manifests, and the tag of the older format. */
function holding(referrers: readonly unknown[], older: unknown, blobs: readonly unknown[] = []) {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const objects = new Map([...referrers, ...blobs].map((value) => [sha256(text(value)), text(value)]));
  if (older !== undefined) objects.set(`${image.replace(':', '-')}.sig`, text(older));
  const asked: string[] = [];
  const read = async (name: string) => {
    asked.push(name);
    const found = objects.get(name);
    return found === undefined ? undefined : Buffer.from(found);
  };
  const registry: ImageRegistry = {
    async manifest(_, name) {
      const bytes = await read(name);
      return bytes && { digest: name, mediaType: 'x', bytes };
    },
    blob: (_, { digest }) => read(digest),
    referrers: async () => referrers.map((value) => ({ digest: sha256(text(value)) })),
  };
  return { registry, asked };
}
async function found(...of: Parameters<typeof holding>): Promise<readonly Candidate[]> {
  const { registry } = holding(...of);
  return all(findCandidates(registry, at, image, new AbortController().signal));
}

const envelope = {
  payloadType: 'application/vnd.in-toto+json',
  payload: base64('p'),
  signatures: [{ sig: base64('s') }],
};
const bundle = { mediaType: bundleType, dsseEnvelope: envelope };
const referrer = (content: unknown, more: object = {}) => ({
  layers: [
    {
      mediaType: bundleType,
      digest: sha256(typeof content === 'string' ? content : JSON.stringify(content)),
    },
  ],
  ...more,
});
const payload = 'the payload';
const layer = {
  mediaType: simpleType,
  digest: sha256(payload),
  annotations: { 'dev.cosignproject.cosign/signature': base64('s') },
};

test('both formats are found, the newer first', async () => {
  const candidates = await found([referrer(bundle)], { layers: [layer] }, [bundle, payload]);
  expect(candidates).toEqual([
    {
      kind: 'bundle',
      raw: bundle,
      payloadType: envelope.payloadType,
      payload: Buffer.from('p'),
      signature: Buffer.from('s'),
    },
    { kind: 'simple signing', payload: Buffer.from(payload), signature: Buffer.from('s') },
  ]);
});

const without = (dsseEnvelope: unknown) => ({ mediaType: bundleType, dsseEnvelope });
test.each<readonly [string, unknown]>([
  ['a text', 'no JSON'],
  ['a list', []],
  ['the bundle of a file', { mediaType: bundleType, messageSignature: {} }],
  ['another payload', without({ ...envelope, payloadType: 'text/plain' })],
  ['no signature', without({ ...envelope, signatures: [] })],
  ['two signatures', without({ ...envelope, signatures: [{ sig: 'a' }, { sig: 'b' }] })],
  ['a signature that is none', without({ ...envelope, signatures: [null] })],
  ['a payload that is none', without({ ...envelope, payload: 7 })],
])('a bundle that is %s is none', async (_, content) => {
  expect(await found([referrer(content)], undefined, [content])).toEqual([]);
});

test.each<readonly [string, unknown]>([
  ['a text', 'no JSON'],
  ['no layers', {}],
  [
    'layers that are none',
    { layers: [null, 7, { mediaType: bundleType }, { mediaType: bundleType, digest: '../x' }] },
  ],
  ['another type', { layers: [{ mediaType: 'text/plain', digest: sha256('x') }] }],
  ['a blob that is gone', referrer('gone')],
])('a referrer with %s is none', async (_, manifest) => {
  expect(await found([manifest], { layers: [{ ...layer, annotations: { x: 1 } }] })).toEqual([]);
});

test('what says of itself that it is another statement is not read', async () => {
  const sbom = referrer(bundle, {
    annotations: { 'dev.sigstore.bundle.predicateType': 'https://spdx.dev/Document' },
  });
  const { registry, asked } = holding([sbom], undefined, [bundle]);
  expect(await all(findCandidates(registry, at, image, new AbortController().signal))).toEqual([]);
  expect(asked).not.toContain(sha256(JSON.stringify(bundle)));
});

test('no more are read than a bounded number, however many there are', async () => {
  const many = Array.from({ length: 100 }, (_, i) => referrer(bundle, { i }));
  const layers = Array.from({ length: 100 }, () => layer);
  expect(await found(many, { layers }, [bundle, payload])).toHaveLength(2 * mostCandidates);
});
