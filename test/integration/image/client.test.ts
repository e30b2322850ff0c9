import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ImageRegistry } from '../../../src/image/ports.ts';
import { createRegistryClient } from '../../../src/registry/client.ts';
import { type FindCredentials, parseDockerConfig } from '../../../src/registry/docker-config.ts';
import { createHttp } from '../../../src/registry/http.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { createAuthority } from '../../support/misbehaving-server/certificates.ts';
import {
  type FakeRegistry,
  imageType,
  manifestOf,
  sha256,
  startFakeRegistry,
} from '../../support/registry/fake.ts';

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

async function fake(...tls: Parameters<typeof startFakeRegistry>): Promise<FakeRegistry> {
  const registry = await startFakeRegistry(...tls);
  open.push(registry);
  return registry;
}

function client(
  plain: readonly string[],
  { credentials = () => undefined, ca }: { credentials?: FindCredentials; ca?: string } = {},
): ImageRegistry {
  const http = createHttp(ca);
  open.push({ stop: http.close });
  return createRegistryClient({
    http: () => http,
    credentials,
    isPlain: (host) => plain.includes(host),
    now: () => performance.now(),
  });
}

const loginFor = (host: string): FindCredentials =>
  parseDockerConfig(JSON.stringify({ auths: { [host]: { username: 'robot', password: 'the-password' } } }));
const basic = `Basic ${Buffer.from('robot:the-password').toString('base64')}`;
const never = new AbortController().signal;
const at = (registry: FakeRegistry, repository = 'team/agent') => ({ registry: registry.host, repository });

async function refusal(call: Promise<unknown>): Promise<ExecutorError> {
  const error = await call.then(
    (value) => new Error(`answered ${JSON.stringify(value)}`),
    (e: unknown) => e,
  );
  if (!(error instanceof ExecutorError)) throw error;
  return error;
}

describe('a manifest', () => {
  test('has the digest of what came, and is asked for as a runtime asks', async () => {
    const registry = await fake();
    const digest = registry.image('team/agent', '1.0');
    const found = await client([registry.host]).manifest(at(registry), '1.0', never);
    expect(found).toMatchObject({ digest, mediaType: imageType });
    expect(registry.asked).toMatchObject([{ method: 'GET', path: '/v2/team/agent/manifests/1.0' }]);
  });

  test('is undefined where there is none', async () => {
    const registry = await fake();
    expect(await client([registry.host]).manifest(at(registry), 'none', never)).toBeUndefined();
  });

  test('that is not of the digest, asked for or said, is told of', async () => {
    const registry = await fake();
    const digest = registry.image('team/agent', '1.0');
    const other = manifestOf('other');
    const headers = { 'content-type': imageType, 'docker-content-digest': digest };
    registry.on('/v2/team/agent/manifests/1.0', { headers, body: other });
    registry.on(`/v2/team/agent/manifests/${digest}`, { headers, body: other });
    for (const name of ['1.0', digest]) {
      const error = await refusal(client([registry.host]).manifest(at(registry), name, never));
      expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'IMAGE_TAMPERED' });
      expect(error.message).toContain(`@${digest} what has the digest ${sha256(other)}`);
    }
  });

  test.each<readonly [string, Parameters<FakeRegistry['on']>[1], string, RegExp]>([
    [
      'a page for people',
      { headers: { 'content-type': 'text/html' }, body: '<html>' },
      'IMAGE_INVALID',
      /no manifest of an image/,
    ],
    [
      'a body without end',
      { headers: { 'content-type': imageType }, body: Buffer.alloc(5 * 1024 * 1024) },
      'IMAGE_INVALID',
      /more than 4194304 bytes/,
    ],
    ['400', { status: 400 }, 'IMAGE_INVALID', /HTTP 400/],
    ['403', { status: 403 }, 'IMAGE_REGISTRY_DENIED', /HTTP 403/],
    ['401 without a challenge', { status: 401 }, 'IMAGE_REGISTRY_DENIED', /HTTP 401/],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, 'IMAGE_REGISTRY_UNAVAILABLE', /HTTP 429/],
    ['503', { status: 503 }, 'IMAGE_REGISTRY_UNAVAILABLE', /HTTP 503/],
    [
      'a cut connection',
      (_, response) => void response.destroy(),
      'IMAGE_REGISTRY_UNAVAILABLE',
      /has cut the connection/,
    ],
    [
      'a redirect to itself',
      { status: 302, headers: { location: '/v2/team/agent/manifests/1.0' } },
      'IMAGE_INVALID',
      /sends us on and on/,
    ],
    [
      'a redirect to plain http elsewhere',
      { status: 302, headers: { location: 'http://127.0.0.1:1/x' } },
      'IMAGE_INVALID',
      /not https/,
    ],
    [
      'a redirect to a file',
      { status: 302, headers: { location: 'file:///etc/passwd' } },
      'IMAGE_INVALID',
      /not https/,
    ],
  ])('%s', async (_, reply, reason, message) => {
    const registry = await fake();
    registry.on('/v2/team/agent/manifests/1.0', reply);
    const error = await refusal(client([registry.host]).manifest(at(registry), '1.0', never));
    expect(error.reason).toBe(reason);
    expect(error.message).toMatch(message);
    if (reason === 'IMAGE_REGISTRY_UNAVAILABLE') expect(error.code).toBe('UNAVAILABLE');
  });

  test('when to come back is as the registry says', async () => {
    const registry = await fake();
    registry.on('/v2/team/agent/manifests/1.0', { status: 429, headers: { 'retry-after': '7' } });
    const error = await refusal(client([registry.host]).manifest(at(registry), '1.0', never));
    expect(error.retryAfterMs).toBe(7_000);
  });

  test('that never comes ends with the signal', async () => {
    const registry = await fake();
    registry.on('/v2/team/agent/manifests/1.0', () => undefined);
    const leaving = new AbortController();
    const call = client([registry.host]).manifest(at(registry), '1.0', leaving.signal);
    const ended = expect(call).rejects.toThrow();
    while (registry.asked.length === 0) await delay(5);
    leaving.abort(new Error('left'));
    await ended;
  });

  test('of a registry that is gone', async () => {
    const registry = await fake();
    await registry.stop();
    const error = await refusal(client([registry.host]).manifest(at(registry), '1.0', never));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', reason: 'IMAGE_REGISTRY_UNAVAILABLE' });
    expect(error.message).toContain(`${registry.host} takes no connection (ECONNREFUSED)`);
  });
});

describe('referrers', () => {
  const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const indexType = 'application/vnd.oci.image.index.v1+json';
  const subject = sha256('the image');
  const [one, two] = [sha256('1'), sha256('2')];
  const index = (...digests: readonly string[]) => ({
    headers: { 'content-type': indexType },
    body: JSON.stringify({
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [
        ...digests.map((digest) => ({ digest, artifactType: type })),
        { digest: sha256('sbom'), artifactType: 'text/spdx' },
        { digest: '../x', artifactType: type },
        null,
      ],
    }),
  });
  const api = `/v2/team/agent/referrers/${subject}`;
  const tag = `/v2/team/agent/manifests/${subject.replace(':', '-')}`;
  const ask = (registry: FakeRegistry) =>
    client([registry.host]).referrers(at(registry), subject, type, never);

  test('are asked for by the API, with their type', async () => {
    const registry = await fake();
    registry.on(api, index(one));
    registry.on(tag, index(two));
    expect(await ask(registry)).toEqual([{ digest: one }]);
    expect(registry.asked).toMatchObject([{ path: `${api}?artifactType=${encodeURIComponent(type)}` }]);
  });

  test.each<readonly [string, Parameters<FakeRegistry['on']>[1]]>([
    ['404', { status: 404 }],
    ['400', { status: 400 }],
    ['405', { status: 405 }],
    ['501', { status: 501 }],
    ['a page for people', { headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['an empty index', index()],
  ])('are looked for under their tag where the API says %s', async (_, reply) => {
    const registry = await fake();
    registry.on(api, reply);
    expect(await ask(registry)).toEqual([]);
    registry.on(tag, index(two));
    expect(await ask(registry)).toEqual([{ digest: two }]);
  });

  test.each([
    [403, 'IMAGE_REGISTRY_DENIED'],
    [503, 'IMAGE_REGISTRY_UNAVAILABLE'],
  ])('are not known to be none after HTTP %i', async (status, reason) => {
    const registry = await fake();
    registry.on(api, { status });
    expect(await refusal(ask(registry))).toMatchObject({ reason });
  });
});

describe('a blob', () => {
  const digest = sha256('the blob');
  const ask = (registry: FakeRegistry, maxBytes = 8) =>
    client([registry.host]).blob(at(registry), { digest }, maxBytes, never);

  test('is what its digest says, and no larger than asked for', async () => {
    const registry = await fake();
    expect(await ask(registry)).toBeUndefined();
    registry.on(`/v2/team/agent/blobs/${digest}`, { body: 'the blob' });
    expect(String(await ask(registry))).toBe('the blob');
    expect(await refusal(ask(registry, 7))).toMatchObject({ reason: 'IMAGE_INVALID' });
    registry.on(`/v2/team/agent/blobs/${digest}`, { body: 'the blub' });
    expect(await refusal(ask(registry))).toMatchObject({ reason: 'IMAGE_TAMPERED' });
  });
});

describe('credentials', () => {
  /** A registry whose tokens come from a realm. */
  async function withTokens(realm?: string) {
    const registry = await fake();
    const digest = registry.image('team/agent', '1.0');
    const challenge = `Bearer realm="${realm ?? `http://${registry.host}/token`}",service="the registry",scope="repository:another:push"`;
    const headers = { 'content-type': imageType };
    registry.on('/v2/team/agent/manifests/1.0', ({ authorization }) =>
      authorization === 'Bearer the-token'
        ? { headers, body: manifestOf('1.0') }
        : { status: 401, headers: { 'www-authenticate': challenge } },
    );
    registry.on('/token', { body: JSON.stringify({ token: 'the-token', expires_in: 300 }) });
    return { registry, digest };
  }

  test('are shown where the tokens come from, for reading that repository alone, once', async () => {
    const { registry, digest } = await withTokens();
    const images = client([registry.host], { credentials: loginFor(registry.host) });
    for (let i = 0; i < 2; i++)
      expect(await images.manifest(at(registry), '1.0', never)).toMatchObject({ digest });
    const url = new URL(registry.asked[1]!.path, 'http://x');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      service: 'the registry',
      scope: 'repository:team/agent:pull',
    });
    expect(registry.asked.map((a) => a.authorization)).toEqual([
      undefined,
      basic,
      'Bearer the-token',
      'Bearer the-token',
    ]);
  });

  test('an identity token is exchanged by a form', async () => {
    const { registry, digest } = await withTokens();
    const credentials = parseDockerConfig(
      JSON.stringify({ auths: { [registry.host]: { identitytoken: 'the-refresh-token' } } }),
    );
    const found = await client([registry.host], { credentials }).manifest(at(registry), '1.0', never);
    expect(found).toMatchObject({ digest });
    expect(registry.asked[1]).toMatchObject({ method: 'POST', authorization: undefined });
    expect(registry.asked[1]?.body).toContain('refresh_token=the-refresh-token');
  });

  test('never go in the clear to a realm that nobody has named', async () => {
    const elsewhere = await fake();
    const { registry } = await withTokens(`http://${elsewhere.host}/token`);
    const images = client([registry.host], { credentials: loginFor(registry.host) });
    const error = await refusal(images.manifest(at(registry), '1.0', never));
    expect(error).toMatchObject({ reason: 'IMAGE_INVALID' });
    expect(error.message).toContain('its tokens come from no https address');
    expect(elsewhere.asked).toEqual([]);
  });

  test('are asked for once more when the token is not good any more', async () => {
    const { registry } = await withTokens();
    const images = client([registry.host], { credentials: loginFor(registry.host) });
    await images.manifest(at(registry), '1.0', never);
    registry.on('/v2/team/agent/manifests/1.0', { status: 401 });
    expect(await refusal(images.manifest(at(registry), '1.0', never))).toMatchObject({
      reason: 'IMAGE_REGISTRY_DENIED',
    });
  });

  test.each([
    ['refused', { status: 401 }, 'IMAGE_REGISTRY_DENIED'],
    ['not to be had now', { status: 503 }, 'IMAGE_REGISTRY_UNAVAILABLE'],
    ['no JSON', { body: 'the-token' }, 'IMAGE_INVALID'],
    ['two lines', { body: JSON.stringify({ token: 'a\r\nb: c' }) }, 'IMAGE_INVALID'],
    ['too large', { body: JSON.stringify({ token: 'a'.repeat(70_000) }) }, 'IMAGE_INVALID'],
  ])('a token that is %s', async (_, reply, reason) => {
    const { registry } = await withTokens();
    registry.on('/token', reply);
    const images = client([registry.host], { credentials: loginFor(registry.host) });
    const error = await refusal(images.manifest(at(registry), '1.0', never));
    expect(error.reason).toBe(reason);
    expect(`${error.message} ${JSON.stringify(error.metadata)}`).not.toMatch(/the-password|the-token/);
  });

  test('are shown to a registry that asks for them itself, and not to where it sends us', async () => {
    const ca = createAuthority();
    const blobs = await fake(ca.issue({ commonName: 'x', hosts: ['127.0.0.1'] }));
    blobs.image('team/agent', '1.0');
    const registry = await fake();
    registry.on('/v2/team/agent/manifests/1.0', ({ authorization }) =>
      authorization === basic
        ? { status: 307, headers: { location: `https://${blobs.host}/v2/team/agent/manifests/1.0` } }
        : { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } },
    );
    const images = client([registry.host], { credentials: loginFor(registry.host), ca: ca.ca });
    expect(await images.manifest(at(registry), '1.0', never)).toBeDefined();
    expect(blobs.asked.map((a) => a.authorization)).toEqual([undefined]);
  });
});

describe('TLS', () => {
  test('is used unless the configuration says otherwise, and its CAs are the usual ones and those of the file', async () => {
    const ca = createAuthority();
    const registry = await fake(ca.issue({ commonName: 'x', hosts: ['127.0.0.1'] }));
    const digest = registry.image('team/agent', '1.0');
    expect(await client([], { ca: ca.ca }).manifest(at(registry), '1.0', never)).toMatchObject({ digest });
    for (const other of [undefined, createAuthority().ca]) {
      const error = await refusal(
        client([], other === undefined ? {} : { ca: other }).manifest(at(registry), '1.0', never),
      );
      expect(error.message).toContain('shows a certificate that is not trusted; see images.registryCaFile');
    }
    const plain = await fake();
    plain.image('team/agent', '1.0');
    expect(await refusal(client([]).manifest(at(plain), '1.0', never))).toMatchObject({
      reason: 'IMAGE_REGISTRY_UNAVAILABLE',
    });
    expect(plain.asked).toEqual([]);
  });
});

test('whoever closes leaves nothing open', async () => {
  const registry = await fake();
  registry.image('team/agent', '1.0');
  const http = createHttp(undefined);
  onTestFinished(() => http.close());
  const asked = http.ask(new URL(`http://${registry.host}/v2/`), {
    about: at(registry),
    headers: {},
    maxBytes: 10,
    signal: never,
  });
  expect((await asked).status).toBe(404);
});
