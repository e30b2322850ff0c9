import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Credentials, createCredentialCache } from '../../../src/kube/credentials.ts';
import { credentialSource } from '../../../src/kube/kubeconfig.ts';
import { createTransport } from '../../../src/kube/transport.ts';
import {
  added,
  gated,
  hang,
  json,
  refuse,
  stall,
  thing,
} from '../../support/misbehaving-server/behaviours.ts';
import { createAuthority } from '../../support/misbehaving-server/certificates.ts';
import { createTestClock } from '../../support/misbehaving-server/test-clock.ts';
import { until } from '../../support/misbehaving-server/until.ts';
import { aReflector, aServer, aTransport, JOBS } from './harness.ts';

const HOSTS = ['127.0.0.1', 'localhost'];
const base64 = (text: string) => Buffer.from(text).toString('base64');

async function aDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'glip-kube-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function aKubeconfig(cluster: object, user: object): Promise<{ file: string; write: typeof write }> {
  const file = join(await aDirectory(), 'kubeconfig');
  // A kubeconfig is YAML, and JSON is YAML.
  const write = (nextCluster: object, nextUser: object) =>
    writeFile(
      file,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'here',
        clusters: [{ name: 'c', cluster: nextCluster }],
        users: [{ name: 'u', user: nextUser }],
        contexts: [
          { name: 'here', context: { cluster: 'c', user: 'u' } },
          { name: 'other', context: { cluster: 'c', user: 'nobody' } },
        ],
      }),
    );
  await write(cluster, user);
  return { file, write };
}

const tokens = (server: { requests: readonly { headers: { authorization?: string | undefined } }[] }) =>
  server.requests.map(({ headers }) => headers.authorization);

describe('6. credentials: reading', () => {
  test('are reread in the background from 30 s on, and waited for from 60 s on', async () => {
    const clock = createTestClock();
    let reads = 0;
    let release = () => {};
    const source = async (): Promise<Credentials> => {
      reads += 1;
      const token = `t${reads}`;
      if (reads === 2) await new Promise<void>((resolve) => (release = resolve));
      return { server: 'http://127.0.0.1:1', headers: { authorization: token }, tls: {} };
    };
    const cache = createCredentialCache({ source, clock });
    const token = async () => (await cache.get()).headers.authorization;
    expect(await token()).toBe('t1');
    clock.advance(29_999);
    expect(await token()).toBe('t1');
    expect(reads).toBe(1);
    clock.advance(1);
    expect(await token()).toBe('t1');
    expect(reads).toBe(2);
    clock.advance(30_000);
    const waiting = token();
    release();
    expect(await waiting).toBe('t2');
    expect(reads).toBe(2);
  });

  test('are read in single flight by many callers at once', async () => {
    let reads = 0;
    const source = async (): Promise<Credentials> => {
      reads += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return { server: 'http://127.0.0.1:1', headers: {}, tls: {} };
    };
    const cache = createCredentialCache({ source });
    const got = await Promise.all(Array.from({ length: 50 }, () => cache.get()));
    expect(reads).toBe(1);
    const [first] = got;
    if (!first) throw new Error('nothing read');
    await Promise.all(Array.from({ length: 50 }, () => cache.renew(first)));
    expect(reads).toBe(2);
    await cache.renew(first);
    expect(reads).toBe(2);
  });

  test('a reread that fails keeps the old ones, says so, and is tried again after 5 s', async () => {
    const clock = createTestClock();
    const errors: unknown[] = [];
    const outcomes = ['t1', 'broken', 't3'];
    const source = async (): Promise<Credentials> => {
      const authorization = outcomes.shift() ?? 'none';
      if (authorization === 'broken') throw new Error('half-written');
      return { server: 'http://127.0.0.1:1', headers: { authorization }, tls: {} };
    };
    const cache = createCredentialCache({ source, clock, onError: (error) => errors.push(error) });
    const token = async () => (await cache.get()).headers.authorization;
    await token();
    clock.advance(60_000);
    expect(await token()).toBe('t1');
    expect(errors).toHaveLength(1);
    clock.advance(4_999);
    expect(await token()).toBe('t1');
    expect(outcomes).toEqual(['t3']);
    clock.advance(1);
    expect(await token()).toBe('t3');
  });

  test('a plugin that hangs holds nobody up for ever', async () => {
    const cache = createCredentialCache({ source: () => new Promise(() => undefined), readTimeoutMs: 20 });
    await expect(cache.get()).rejects.toThrow('timed out');
  });

  test('a token file is read anew, and its newline does not reach the header', async () => {
    const server = await aServer();
    const clock = createTestClock();
    const tokenFile = join(await aDirectory(), 'token');
    await writeFile(tokenFile, 'one\n');
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
    const { file } = await aKubeconfig({ server: server.url }, user);
    const credentials = createCredentialCache({
      source: credentialSource({ kind: 'kubeconfig', file }),
      clock,
    });
    const transport = aTransport(server, { credentials });
    await transport.call({ method: 'GET', path: '/version' });
    await writeFile(tokenFile, 'two\n');
    clock.advance(60_000);
    await transport.call({ method: 'GET', path: '/version' });
    expect(tokens(server)).toEqual(['Bearer one', 'Bearer two']);
  });

  test('an exec plugin is run once while its credential lives, and again by force on a 401', async () => {
    const server = await aServer();
    const clock = createTestClock();
    const directory = await aDirectory();
    const plugin = join(directory, 'plugin');
    const credential =
      '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"';
    await writeFile(
      plugin,
      `#!/bin/sh\necho run >>${directory}/runs\necho '${credential}'$(wc -l <${directory}/runs | tr -d ' ')'"}}'\n`,
    );
    await chmod(plugin, 0o755);
    const { file } = await aKubeconfig({ server: server.url }, { exec: { command: plugin } });
    const credentials = createCredentialCache({
      source: credentialSource({ kind: 'kubeconfig', file }),
      clock,
    });
    const transport = aTransport(server, { credentials });
    const call = () => transport.call({ method: 'GET', path: '/version' });
    await call();
    clock.advance(60_000);
    await call();
    server.script('call', refuse(401, 'Unauthorized'));
    await call();
    expect(tokens(server)).toEqual(['Bearer 1', 'Bearer 1', 'Bearer 1', 'Bearer 2']);
  });

  test('a context is chosen by name, and a missing one is named', async () => {
    const { file } = await aKubeconfig({ server: 'https://127.0.0.1:1' }, { username: 'me', password: 'pw' });
    const read = (context?: string) =>
      credentialSource({ kind: 'kubeconfig', file, ...(context ? { context } : {}) })({ force: false });
    expect((await read()).headers).toEqual({ authorization: `Basic ${base64('me:pw')}` });
    expect((await read('other')).headers).toEqual({});
    await expect(read('nowhere')).rejects.toThrow('no cluster for context "nowhere"');
  });

  test('plain HTTP is for loopback only', async () => {
    expect(() => credentialSource({ kind: 'fixed', server: 'http://10.0.0.1:80', token: 't' })).toThrow(
      'in the clear',
    );
    const { file } = await aKubeconfig({ server: 'http://example.org' }, { token: 't' });
    await expect(credentialSource({ kind: 'kubeconfig', file })({ force: false })).rejects.toThrow(
      'in the clear',
    );
  });

  test('no error quotes what it read', async () => {
    const directory = await aDirectory();
    const read = (file: string) =>
      credentialSource({ kind: 'kubeconfig', file })({ force: false }).catch(String);
    const broken = join(directory, 'broken');
    await writeFile(broken, 'users:\n- user: {token: hush-hush\n  bad: [\n');
    const plugin = join(directory, 'plugin');
    await writeFile(plugin, '#!/bin/sh\necho "token=hush-hush"; echo hush-hush >&2; [ -z "$FAIL" ]\n');
    await chmod(plugin, 0o755);
    const env = [{ name: 'FAIL', value: '1' }];
    const { file: garbled } = await aKubeconfig(
      { server: 'https://127.0.0.1:1' },
      { exec: { command: plugin } },
    );
    const { file: failing } = await aKubeconfig(
      { server: 'https://127.0.0.1:1' },
      { exec: { command: plugin, env } },
    );
    const said = await Promise.all([broken, garbled, failing, join(directory, 'absent')].map(read));
    expect(said[0]).toContain('not valid YAML');
    expect(said[1]).toContain('exec plugin');
    expect(said[2]).toContain('exec plugin');
    expect(said[3]).toContain('ENOENT');
    expect(said.join('\n')).not.toContain('hush');
  });
});

describe('6. credentials: use', () => {
  test('a 401 forces one reread, and the call goes on', async () => {
    const server = await aServer();
    const forced: boolean[] = [];
    const source = async ({ force }: { force: boolean }): Promise<Credentials> => {
      forced.push(force);
      return { server: server.url, headers: { authorization: `t${forced.length}` }, tls: {} };
    };
    const transport = aTransport(server, { credentials: createCredentialCache({ source }) });
    server.script('call', refuse(401, 'Unauthorized'));
    const { body } = await transport.call({ method: 'POST', path: '/apis/x', body: {} });
    expect(body).toEqual({});
    expect(forced).toEqual([false, true]);
    expect(tokens(server)).toEqual(['t1', 't2']);
    expect(transport.status().poolBuilds).toBe(1);
  });

  test('a second 401 is the answer', async () => {
    const server = await aServer();
    const transport = aTransport(server);
    server.always('call', refuse(401, 'Unauthorized'));
    await expect(transport.call({ method: 'GET', path: '/x' })).rejects.toMatchObject({ status: 401 });
    expect(server.requests).toHaveLength(2);
  });

  test('many calls that meet a 401 together reread once', async () => {
    const server = await aServer();
    let reads = 0;
    const source = async (): Promise<Credentials> => {
      reads += 1;
      return { server: server.url, headers: { authorization: `t${reads}` }, tls: {} };
    };
    const transport = aTransport(server, { credentials: createCredentialCache({ source }) });
    server.always('call', (request, response, socket) =>
      (request.headers.authorization === 't1' ? refuse(401, 'Unauthorized') : json({}))(
        request,
        response,
        socket,
      ),
    );
    await Promise.all(Array.from({ length: 20 }, () => transport.call({ method: 'GET', path: '/x' })));
    expect(reads).toBe(2);
  });

  test('a watch that meets a 401 rereads too', async () => {
    const server = await aServer();
    server.script('watch', refuse(401, 'Unauthorized'), hang(added(thing('a', 2))));
    const { told, reflector } = aReflector(server);
    await until('a', () => told.length === 1);
    expect(reflector.status().errors).toBe(0);
  });

  test('a rotated CA and client certificate get new pools; what runs on the old ones is not cut', async () => {
    const [oldCa, newCa] = [createAuthority('old'), createAuthority('new')];
    const client = (ca: typeof oldCa, commonName: string) => {
      const { cert, key } = ca.issue({ commonName, organization: 'system:masters' });
      return { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
    };
    const serverCert = (ca: typeof oldCa) => ({
      ...ca.issue({ commonName: 'api', hosts: HOSTS }),
      clientCa: oldCa.ca + newCa.ca,
    });
    const server = await aServer({ tls: serverCert(oldCa) });
    const cluster = (ca: typeof oldCa) => ({
      server: server.url,
      'certificate-authority-data': base64(ca.ca),
    });
    const { file, write } = await aKubeconfig(cluster(oldCa), client(oldCa, 'before'));
    const clock = createTestClock();
    const credentials = createCredentialCache({
      source: credentialSource({ kind: 'kubeconfig', file }),
      clock,
    });
    const transport = aTransport(server, { credentials });

    server.script('watch', hang(added(thing('a', 2))));
    const { told, reflector } = aReflector(server, { transport });
    await until('a', () => told.length === 1);
    let open = () => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    server.script('call', gated(gate, json({ slow: true })));
    const inFlight = transport.call({ method: 'GET', path: '/slow' });
    await until('the call in flight', () => server.of('call').length === 1);

    server.secure(serverCert(newCa));
    await write(cluster(newCa), client(newCa, 'after'));
    clock.advance(60_000);
    await transport.call({ method: 'GET', path: '/version' });
    expect(server.of('call').map((request) => request.client)).toEqual(['before', 'after']);
    expect(transport.status().poolBuilds).toBe(2);

    open();
    expect((await inFlight).body).toEqual({ slow: true });
    expect(reflector.status()).toMatchObject({ watches: 1, errors: 0, state: 'watching' });
  });

  test('a CA that no longer fits is reread at once, without waiting for the next minute', async () => {
    const [oldCa, newCa] = [createAuthority('old'), createAuthority('new')];
    const server = await aServer({ tls: newCa.issue({ commonName: 'api', hosts: HOSTS }) });
    const cluster = (ca: string) => ({ server: server.url, 'certificate-authority-data': base64(ca) });
    const { file, write } = await aKubeconfig(cluster(oldCa.ca), { token: 't' });
    const transport = aTransport(server, {
      credentials: createCredentialCache({ source: credentialSource({ kind: 'kubeconfig', file }) }),
    });
    await expect(transport.call({ method: 'GET', path: '/x' })).rejects.toMatchObject({ kind: 'tls' });
    await write(cluster(newCa.ca), { token: 't' });
    await transport.call({ method: 'GET', path: '/x' });
    expect(server.requests).toHaveLength(1);
  });

  test('a server name from the kubeconfig is what the certificate must match', async () => {
    const ca = createAuthority();
    const server = await aServer({ tls: ca.issue({ commonName: 'api', hosts: ['api.internal'] }) });
    const cluster = { server: server.url, 'certificate-authority-data': base64(ca.ca) };
    const call = async (extra: object) => {
      const { file } = await aKubeconfig({ ...cluster, ...extra }, { token: 't' });
      const source = credentialSource({ kind: 'kubeconfig', file });
      return aTransport(server, { credentials: createCredentialCache({ source }) }).call({
        method: 'GET',
        path: '/x',
      });
    };
    await expect(call({})).rejects.toMatchObject({ kind: 'tls' });
    expect((await call({ 'tls-server-name': 'api.internal' })).status).toBe(200);
  });

  test('a path in the server URL goes in front of every path', async () => {
    const server = await aServer();
    const source = credentialSource({ kind: 'fixed', server: `${server.url}/k8s/clusters/c-1/` });
    const transport = aTransport(server, { credentials: createCredentialCache({ source }) });
    await transport.call({ method: 'GET', path: '/version' });
    expect(server.requests[0]?.path).toBe('/k8s/clusters/c-1/version');
  });

  test('watches do not take the connections of calls', async () => {
    const server = await aServer();
    const transport = aTransport(server, { pools: { connections: 1 } });
    const watches = [];
    for (let i = 0; i < 5; i += 1) {
      watches.push(await transport.stream({ path: JOBS, query: { watch: true }, idleMs: 10_000 }));
    }
    expect((await transport.call({ method: 'GET', path: '/x' })).status).toBe(200);
    expect(server.connections().open).toBe(6);
  });

  test('credentials never appear in an error, however it is printed', async () => {
    const { inspect } = await import('node:util');
    const server = await aServer();
    const transport = aTransport(server, { retry: { attempts: 1 } });
    server.script(
      'call',
      refuse(500, 'InternalError'),
      stall(),
      (_, __, socket) => void socket.resetAndDestroy(),
    );
    const errors = [
      await transport.call({ method: 'GET', path: '/a' }).catch((error: unknown) => error),
      await transport.call({ method: 'GET', path: '/b', timeoutMs: 20 }).catch((error: unknown) => error),
      await transport.call({ method: 'GET', path: '/c' }).catch((error: unknown) => error),
    ];
    const gone = createTransport({
      credentials: createCredentialCache({
        source: credentialSource({ kind: 'fixed', server: 'http://127.0.0.1:1', token: 'secret-token' }),
      }),
      retry: { attempts: 1 },
    });
    errors.push(await gone.call({ method: 'GET', path: '/d' }).catch((error: unknown) => error));
    await gone.destroy();
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('secret-token');
    }
  });
});
