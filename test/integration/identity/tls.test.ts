import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ExecutorService } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { watchTls } from '../../../src/app/tls.ts';
import { durationOfMs } from '../../../src/config/duration.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { type Certificate, createAuthority } from '../../support/misbehaving-server/certificates.ts';
import { startHttp } from '../http/harness.ts';
import { rejection, type TestClient, testClient, until } from '../rpc/client.ts';
import { aborted, heartbeat, startServer, stepNamed } from '../rpc/harness.ts';

const { getStep, watchStep } = ExecutorService.method;
const serverCa = createAuthority('server ca');
const clientCa = createAuthority('client ca');
const server = (commonName: string): Certificate => serverCa.issue({ commonName, hosts: ['127.0.0.1'] });
const client = clientCa.issue({ commonName: 'client' });
const stranger = createAuthority('another ca').issue({ commonName: 'client' });

/** Certificates in files that change, and both servers behind them. */
async function start(clients?: 'ask' | 'require') {
  const directory = mkdtempSync(join(tmpdir(), 'glip-tls-'));
  const [certificateFile, keyFile, clientCaFile] = ['crt', 'key', 'ca'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  const write = ({ cert, key }: Certificate, ca = clientCa.ca): void => {
    writeFileSync(certificateFile, cert);
    writeFileSync(keyFile, key);
    writeFileSync(clientCaFile, ca);
  };
  write(server('first'));
  const logs: { level: string; msg: string }[] = [];
  const reloads: string[] = [];
  const tls = watchTls(
    {
      reloadInterval: durationOfMs(600_000),
      tls: {
        certificateFile,
        keyFile,
        clientCaFile: clients && clientCaFile,
        clientCertificates: clients ?? 'ask',
      },
    },
    createLogger({ level: 'info', destination: { write: (line) => void logs.push(JSON.parse(line)) } }),
    { reloaded: (what, outcome) => reloads.push(`${what} ${outcome}`), certificateEnds: () => undefined },
  );
  if (tls === undefined) throw new Error('no TLS');
  const peers: unknown[] = [];
  const handlers = {
    getStep: async () => stepNamed('there'),
    watchStep: async function* (_: unknown, context: Parameters<typeof aborted>[0]) {
      yield heartbeat('1');
      await Promise.race([beat.promise, aborted(context)]);
      yield heartbeat('2');
    },
  };
  const beat = Promise.withResolvers<void>();
  const identify = async (peer: { readonly certificate?: unknown }) => {
    peers.push(peer.certificate);
    return { name: 'x', groups: [], tenants: [], claims: {}, by: 'certificate' } as const;
  };
  const grpc = await startServer(handlers, { tls, identify });
  const http = await startHttp(handlers, { tls, identify });
  onTestFinished(() => {
    tls.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    grpc,
    http,
    tls,
    write,
    peers,
    logs,
    reloads,
    beat: beat.resolve,
    files: { certificateFile, keyFile },
  };
}

function grpcClient(target: string, shown?: Certificate): TestClient {
  const made = testClient(target, { ca: serverCa.ca, ...shown });
  onTestFinished(() => made.close());
  return made;
}

/** Status of a GET over a connection of its own. */
function get(port: number, path: string, shown?: Certificate): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, ca: serverCa.ca, agent: false, ...shown }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

/** A handshake; rejects when the server ends it, which TLS 1.3 tells only behind it. */
function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca: serverCa.ca, ...options }, () => {
      socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
    });
    socket.once('data', () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    onTestFinished(() => void socket.destroy());
  });
}

const nameOf = (socket: TLSSocket) => socket.getPeerCertificate().subject.CN;

describe('TLS on both ports', () => {
  test('serves calls; plaintext and old versions of TLS get nowhere', async () => {
    const { grpc, http } = await start();
    expect((await grpcClient(grpc.target).unary(getStep)).step?.key?.stepId).toBe('there');
    expect(await get(http.port, '/livez')).toBe(200);
    expect((await rejection(grpc.newClient().unary(getStep))).code).toBe('UNAVAILABLE');
    await expect(fetch(`http://127.0.0.1:${http.port}/livez`)).rejects.toThrow();
    await expect(handshake(http.port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow();
  });

  test('a new certificate is shown to new connections, and open streams go on', async () => {
    const { grpc, http, tls, write, reloads, beat } = await start();
    const connection = grpcClient(grpc.target);
    const frames = connection.stream(watchStep)[Symbol.asyncIterator]();
    expect((await frames.next()).value.cursor).toBe('1');
    const kept = await handshake(http.port);
    expect(nameOf(kept)).toBe('first');

    write(server('second'));
    await until('the new certificate is in use', () => reloads.length > 0);
    expect(tls.current.context.cert.toString()).not.toBe('');
    expect(nameOf(await handshake(http.port))).toBe('second');
    expect(
      nameOf(await handshake(grpc.port, { ALPNProtocols: ['h2'] }).catch(() => handshakeOnly(grpc.port))),
    ).toBe('second');
    // The stream from before, a call on its connection, and a request on the connection that was kept alive.
    beat();
    expect((await frames.next()).value.cursor).toBe('2');
    expect((await frames.next()).done).toBe(true);
    expect((await connection.unary(getStep)).step?.key?.stepId).toBe('there');
    kept.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => kept.once('data', resolve));
    expect(reloads).toEqual(['tls applied']);
  });

  test('files that do not fit together change nothing, and are told', async () => {
    const { http, grpc, reloads, logs, files, write } = await start();
    writeFileSync(files.keyFile, server('other').key);
    await until('it is refused', () => reloads.length > 0);
    writeFileSync(files.certificateFile, '-----BEGIN CERTIFICATE-----\nhalf');
    await until('it is refused', () => reloads.length > 1);
    expect(reloads).toEqual(['tls refused', 'tls refused']);
    expect(logs.map(({ level }) => level)).toEqual(['error', 'error']);
    expect(JSON.stringify(logs)).not.toContain('PRIVATE KEY');
    expect(nameOf(await handshake(http.port))).toBe('first');
    expect((await grpcClient(grpc.target).unary(getStep)).step?.key?.stepId).toBe('there');
    write(server('third'));
    await until('it is taken', () => reloads.length > 2);
    expect(nameOf(await handshake(http.port))).toBe('third');
  });
});

/** The certificate of a server that speaks HTTP/2 only. */
function handshakeOnly(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca: serverCa.ca, ALPNProtocols: ['h2'] }, () =>
      resolve(socket),
    );
    socket.once('error', reject);
    onTestFinished(() => void socket.destroy());
  });
}

describe('certificates of clients', () => {
  const verified = { verified: true, commonName: 'client', organizations: [], notAfter: expect.any(Number) };
  const unverified = { verified: false, why: expect.stringMatching(/^[A-Z_]+$/) };

  test('are not asked for without a bundle', async () => {
    const { grpc, http, peers } = await start();
    await grpcClient(grpc.target, client).unary(getStep);
    await get(http.port, '/glip.executor.v1.ExecutorService/GetStep', client);
    expect(peers).toEqual([undefined, undefined]);
  });

  test.each([
    ['none', undefined, undefined],
    ['one of the bundle', client, verified],
    ['one of another CA', stranger, unverified],
    [
      'one that has expired',
      clientCa.issue({ commonName: 'client', notAfter: Date.now() - 60_000 }),
      { verified: false, why: 'CERT_HAS_EXPIRED' },
    ],
  ] as const)('asked for: %s is seen as it is, on both ports', async (_, shown, want) => {
    const { grpc, http, peers } = await start('ask');
    await grpcClient(grpc.target, shown).unary(getStep);
    await get(http.port, '/glip.executor.v1.ExecutorService/GetStep', shown);
    expect(peers).toEqual([want, want]);
  });

  test.each([
    ['none', undefined],
    ['one of another CA', stranger],
  ] as const)('required: %s is refused in the handshake', async (_, shown) => {
    const { grpc, http, peers } = await start('require');
    expect((await rejection(grpcClient(grpc.target, shown).unary(getStep))).code).toBe('UNAVAILABLE');
    await expect(get(http.port, '/livez', shown)).rejects.toThrow();
    expect(peers).toEqual([]);
    await grpcClient(grpc.target, client).unary(getStep);
    expect(await get(http.port, '/livez', client)).toBe(200);
    expect(peers).toEqual([verified]);
  });

  test('what a client sends as the mark of its connection is not believed', async () => {
    const { grpc, peers } = await start('ask');
    await grpcClient(grpc.target, client).unary(getStep);
    await grpcClient(grpc.target).unary(getStep, {}, { metadata: { 'glip-connection': '1' } });
    expect(peers).toEqual([verified, undefined]);
  });

  test('a CA that is taken out is refused to new connections, resumed sessions too', async () => {
    const { http, write, reloads } = await start('require');
    const options = { ...client, maxVersion: 'TLSv1.2' } as const;
    const session = (await handshake(http.port, options)).getSession();
    expect((await handshake(http.port, { ...options, session })).isSessionReused()).toBe(true);
    write(server('second'), createAuthority('new ca').ca);
    await until('the new bundle is in use', () => reloads.length > 0);
    await expect(handshake(http.port, { ...options, session })).rejects.toThrow();
  });
});
