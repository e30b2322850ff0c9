import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../../src/app.ts';
import type { ClusterAccess } from '../../../src/kube/kubeconfig.ts';
import { defaultPools } from '../../../src/policy/parse-pools.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { startEmbeddedCluster } from '../../support/embedded-cluster.ts';
import { configOf } from '../../support/executor.ts';
import { kubeconfigFile } from '../../support/kubeconfig-file.ts';
import { clientCa, serverCa } from './secured.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startEmbeddedCluster();
});
afterAll(() => cluster?.stop());

/** Why an executor with this configuration does not start; it is told to listen where no machine has an address (RFC 5737). */
async function why(config: object, access: ClusterAccess): Promise<string> {
  const app = createApp({
    config: configOf({ grpcAddress: '192.0.2.1:0', ...config }),
    pools: defaultPools,
    access,
    logger: createLogger({ level: 'silent', destination: { write: () => undefined } }),
    identity: 'test',
    version: 'test',
  });
  onTestFinished(() => app.stop());
  return app.start().then(
    () => 'it listens',
    (error: Error) => error.message,
  );
}

function tlsFiles() {
  const directory = mkdtempSync(join(tmpdir(), 'glip-start-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { cert, key } = serverCa.issue({ commonName: 'x', hosts: ['127.0.0.1'] });
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  return {
    certificateFile: write('crt', cert),
    keyFile: write('key', key),
    clientCaFile: write('ca', clientCa.ca),
  };
}

const refused = /^refusing to listen on 192\.0\.2\.1 without TLS and identities/;
const tried = /^cannot listen on 192\.0\.2\.1:0: /;

test('elsewhere than on loopback it listens with TLS and identities, or where the flag says so', async () => {
  const { clientCaFile, ...tls } = tlsFiles();
  const file = await kubeconfigFile(cluster.access, dirname(clientCaFile));
  const access: ClusterAccess = { kind: 'kubeconfig', file };
  expect(await why({}, access)).toMatch(refused);
  expect(await why({ tls }, access)).toMatch(refused);
  expect(await why({ identity: { serviceAccounts: 'on' } }, access)).toMatch(refused);
  expect(await why({ tls: { ...tls, clientCaFile } }, access)).toMatch(tried);
  expect(await why({ insecureLetAnyoneRunCodeInTheCluster: 'on' }, access)).toMatch(tried);
});

test('with an embedded cluster it never does', async () => {
  expect(await why({ tls: tlsFiles() }, cluster.access)).toMatch(refused);
  expect(await why({ insecureLetAnyoneRunCodeInTheCluster: 'on' }, cluster.access)).toMatch(refused);
});

test('files that cannot be used keep it from starting', async () => {
  const files = tlsFiles();
  writeFileSync(files.keyFile, serverCa.issue({ commonName: 'other' }).key);
  await expect(why({ tls: files }, cluster.access)).rejects.toThrow(
    'the key is not the key of the certificate',
  );
});
