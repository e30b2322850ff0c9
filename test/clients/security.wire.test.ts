import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { ensureBinaries } from '../support/control-plane/build.ts';
import { createAuthority } from '../support/misbehaving-server/certificates.ts';
import { anIssuer, issuerUrl } from '../unit/identity/tokens.ts';
import { type ExecutorProcess, startExecutorProcess } from './support/executor-process.ts';
import { grpcTools, lacks } from './support/requirement.ts';
import { run } from './support/run.ts';

const service = ExecutorService.typeName;

/** Programs of others, and our own, against an executor that wants to know who calls. */
describe.skipIf(lacks('certificates and tokens', [grpcTools]))(
  'certificates and tokens',
  { timeout: 120_000 },
  () => {
    let executor: ExecutorProcess;
    let binaries: { readonly grpcurl: string; readonly 'grpc-health-probe': string };
    let directory: string;
    const file = (name: string) => join(directory, name);

    beforeAll(async () => {
      binaries = await ensureBinaries(['grpcurl', 'grpc-health-probe']);
      directory = await mkdtemp(join(tmpdir(), 'glip-security-'));
      const [servers, clients, issuer] = [
        createAuthority('servers'),
        createAuthority('clients'),
        await anIssuer(),
      ];
      const server = servers.issue({ commonName: 'executor', hosts: ['127.0.0.1'] });
      const client = clients.issue({ commonName: 'ann' });
      const jwt = { name: 'corp', issuer: issuerUrl, audiences: ['glip-executor'], jwksFile: file('jwks') };
      const files = {
        ca: servers.ca,
        'server.crt': server.cert,
        'server.key': server.key,
        'clients.ca': clients.ca,
        'client.crt': client.cert,
        'client.key': client.key,
        jwks: JSON.stringify(issuer.jwks),
        token: await issuer.sign(),
        'bad-token': await (await anIssuer('k1')).sign(),
        policy: JSON.stringify({
          rules: [
            {
              name: 'ann',
              who: [{ identity: 'cn:ann' }, { identity: 'jwt:corp:ann' }],
              may: ['read', 'operate'],
              tenants: ['demo'],
            },
          ],
        }),
        config: JSON.stringify({
          tls: {
            certificateFile: file('server.crt'),
            keyFile: file('server.key'),
            clientCaFile: file('clients.ca'),
          },
          identity: { jwt: [jwt] },
          policyFile: file('policy'),
        }),
      };
      for (const [name, text] of Object.entries(files)) await writeFile(file(name), text);
      executor = await startExecutorProcess({
        flags: ['--embedded-delays', 'none', '--config', file('config')],
      });
    }, 900_000);
    afterAll(async () => {
      await executor?.stop();
      if (directory) await rm(directory, { recursive: true, force: true });
    }, 90_000);

    const grpcurl = (...args: readonly string[]) =>
      run(binaries.grpcurl, ['-cacert', file('ca'), ...args.slice(0, -1), executor.grpc, ...args.slice(-1)]);
    const get = '{"key": {"tenant": "demo", "run_id": "r", "step_id": "s"}}';

    test('grpcurl: -cert and -key, or a token in its header', async () => {
      const withCertificate = ['-cert', file('client.crt'), '-key', file('client.key')];
      expect((await grpcurl(...withCertificate, 'list')).stdout).toContain(service);
      const token = `authorization: Bearer ${await readToken('token')}`;
      const found = await grpcurl('-H', token, '-d', get, `${service}/GetStep`);
      expect(found.stderr).toContain('STEP_UNKNOWN');
      expect((await grpcurl(...withCertificate, '-d', get, `${service}/SubmitStep`)).stderr).toContain(
        'NOT_ALLOWED',
      );
    });

    test('grpcurl: neither, or a wrong one, and nothing is told of the services', async () => {
      const nobody = await grpcurl('list');
      expect([nobody.code === 0, nobody.stdout]).toEqual([false, '']);
      expect(nobody.stderr).toContain(
        'send a client certificate or an authorization header with a bearer token',
      );
      const wrong = await grpcurl('-H', `authorization: Bearer ${await readToken('bad-token')}`, 'list');
      expect(wrong.stderr).toContain('its signature is wrong');
    });

    test('grpc-health-probe needs no proof', async () => {
      const probe = await run(binaries['grpc-health-probe'], [
        '-addr',
        executor.grpc,
        '-tls',
        '-tls-ca-cert',
        file('ca'),
      ]);
      expect(probe).toMatchObject({ code: 0 });
    });

    const glip = (...args: readonly string[]) =>
      run(process.execPath, ['src/cli/main.ts', ...args, '--server', executor.grpc, '--cacert', file('ca')]);

    test('glip: --cert and --key, or --token-file', async () => {
      const proofs = [
        ['--cert', file('client.crt'), '--key', file('client.key')],
        ['--token-file', file('token')],
      ];
      for (const proof of proofs) expect(await glip('list', ...proof)).toMatchObject({ code: 0 });
      const cancelled = await glip('cancel', 'demo/r/by-glip', '-o', 'json', '--token-file', file('token'));
      expect(JSON.parse(cancelled.stdout)).toMatchObject({ cancellation: { requestedBy: 'jwt:corp:ann' } });
    });

    test('glip: without, it says what to do, and its exit code is 77', async () => {
      const nobody = await glip('list');
      expect(nobody).toMatchObject({ code: 77, stdout: '' });
      expect(nobody.stderr).toContain('Show a certificate (--cert, --key) or a token (--token-file).');
      expect(await glip('list', '--token-file', file('bad-token'))).toMatchObject({ code: 77 });
      const missing = await glip('list', '--token-file', file('nothing'));
      expect(missing.code).not.toBe(0);
      expect(missing.stderr).toContain('cannot be read');
    });

    const readToken = async (name: string) => (await import('node:fs/promises')).readFile(file(name), 'utf8');
  },
);
