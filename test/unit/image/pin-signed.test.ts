import { expect, test } from 'vitest';
import { createPins } from '../../../src/image/pin.ts';
import type { ImageRegistry } from '../../../src/image/ports.ts';
import { anyImage } from '../../../src/image/rules.ts';
import { sha256 } from '../../support/registry/fake.ts';
import { candidate, ecSigner, type Signer, simple } from './sign.ts';

const never = new AbortController().signal;
const manifest = Buffer.from('the manifest');
const digest = sha256(manifest);
const signer = ecSigner();
const simpleType = 'application/vnd.dev.cosign.simplesigning.v1+json';

/** A registry that has the image with a signature, and counts who asks for signatures. */
function setUp() {
  const asked: string[] = [];
  const { payload, signature } = candidate('simple signing', simple(digest), signer);
  const annotations = { 'dev.cosignproject.cosign/signature': signature.toString('base64') };
  const layers = [{ mediaType: simpleType, digest: sha256(payload), annotations }];
  const older = Buffer.from(JSON.stringify({ layers }));
  const registry: ImageRegistry = {
    async manifest(_, name) {
      asked.push(name);
      const bytes = name === '1' ? manifest : older;
      return { digest: sha256(bytes), mediaType: 'x', bytes };
    },
    blob: async () => payload,
    referrers: async () => [],
  };
  const { pin } = createPins({
    registry,
    rules: { ...anyImage, verifies: true, signatures: 'required' },
    now: () => 0,
    timeoutMs: 10_000,
    tagTtlMs: 0,
    signal: never,
  });
  const as = (key: Signer) => ({ sources: [], keys: [key.pem], signatures: undefined });
  const outcome = (image: string, ...keys: readonly [Signer]) =>
    pin(image, as(...keys), never).then(
      (pinned) => pinned.signature.split(' ')[0],
      (error: { reason: string }) => error.reason,
    );
  return { asked, outcome };
}

test('two tenants that ask at the same moment get each its own answer, and so do those who come later', async () => {
  const { outcome } = setUp();
  const stranger = ecSigner();
  for (let i = 0; i < 2; i++)
    expect(await Promise.all([outcome('r.example/a:1', signer), outcome('r.example/a:1', stranger)])).toEqual(
      ['key', 'IMAGE_SIGNATURE_INVALID'],
    );
});

test('a signature that is known is not looked for again; one that was not good is', async () => {
  const { asked, outcome } = setUp();
  const name = `${digest.replace(':', '-')}.sig`;
  await outcome('r.example/a:1', signer);
  await outcome('r.example/a:1', signer);
  expect(asked).toEqual(['1', name, '1']);
  await outcome(`r.example/other@${digest}`, signer);
  expect(asked).toHaveLength(3);
  const stranger = ecSigner();
  await outcome(`r.example/a@${digest}`, stranger);
  await outcome(`r.example/a@${digest}`, stranger);
  expect(asked.slice(3)).toEqual([name, name]);
});
