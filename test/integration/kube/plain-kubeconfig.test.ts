import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clientNodeSource } from '../../../src/kube/client-node-source.ts';
import { plainCredentials } from '../../../src/kube/plain-kubeconfig.ts';

const https = 'https://10.0.0.1:6443';
const data = (text: string) => Buffer.from(text).toString('base64');
const ca = { 'certificate-authority-data': data('CA') };
const pair = { 'client-certificate-data': data('CERT'), 'client-key-data': data('KEY') };

async function aFile(cluster: object, user: object | null, more: object = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'glip-kube-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const name of ['ca.pem', 'tls.crt', 'tls.key', 'token'])
    await writeFile(join(directory, name), `${name}\n`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [
      { name: 'other', cluster: { server: 'https://10.0.0.2' } },
      { name: 'c', cluster: { server: https, ...cluster } },
    ],
    users: user === null ? [] : [{ name: 'u', user }],
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'u', namespace: 'n' } },
      { name: 'there', context: { cluster: 'other', user: 'u' } },
    ],
    ...more,
  };
  await writeFile(join(directory, 'config'), JSON.stringify(config));
  return join(directory, 'config');
}

const plain: readonly [string, object, object, string?][] = [
  ['a token', ca, { token: 't' }],
  ['a client certificate', ca, pair],
  ['both', ca, { ...pair, token: 't' }],
  ['a password', ca, { username: 'me', password: 'pw' }],
  [
    'files beside the kubeconfig',
    { 'certificate-authority': 'ca.pem' },
    { 'client-certificate': 'tls.crt', 'client-key': './tls.key' },
  ],
  ['a file and data: the file', { ...ca, 'certificate-authority': 'ca.pem' }, { token: 't' }],
  ['nobody checks the server', { 'insecure-skip-tls-verify': true }, { token: 't' }],
  ['the server is checked, in so many words', { ...ca, 'insecure-skip-tls-verify': false }, { token: 't' }],
  ['a server name', { ...ca, 'tls-server-name': 'api.internal' }, { token: 't' }],
  ['a slash at the end of the URL', { ...ca, server: `${https}/k8s/` }, { token: 't' }],
  ['a token with white space around it', ca, { token: ' t\n' }],
  ['plain HTTP on loopback', { server: 'http://127.0.0.1:8001' }, { token: 't' }],
  ['an anonymous user', ca, {}],
  ['another context', ca, { token: 't' }, 'there'],
];

test.each(plain)('read alike by client-node and without it: %s', async (_, cluster, user, context) => {
  const access = {
    kind: 'kubeconfig',
    file: await aFile(cluster, user),
    ...(context && { context }),
  } as const;
  const read = plainCredentials(access, {});
  expect(read).toBeDefined();
  expect(read).toEqual(await clientNodeSource(access)({ force: false }));
});

const others: readonly [string, object, object | null, object?][] = [
  ['an exec plugin', ca, { exec: { command: 'true' } }],
  ['an auth provider', ca, { 'auth-provider': { name: 'oidc' } }],
  ['a token file', ca, { 'token-file': 'token' }],
  ['impersonation', ca, { token: 't', as: 'somebody' }],
  ['a token and a password', ca, { token: 't', username: 'me', password: 'pw' }],
  ['a proxy', { ...ca, 'proxy-url': 'http://proxy:1' }, { token: 't' }],
  ['a server that is no text', { server: 7 }, { token: 't' }],
  ['a token that is no text', ca, { token: 7 }],
  ['a user that is not there', ca, null],
  ['a context that is not there', ca, { token: 't' }, { 'current-context': 'nowhere' }],
  [
    'two clusters of one name',
    ca,
    { token: 't' },
    {
      clusters: [
        { name: 'c', cluster: {} },
        { name: 'c', cluster: {} },
      ],
    },
  ],
  ['a file that is not there', { 'certificate-authority': 'absent' }, { token: 't' }],
];

test.each(others)('left to client-node: %s', async (_, cluster, user, more) => {
  const file = await aFile(cluster, user, more);
  expect(plainCredentials({ kind: 'kubeconfig', file }, {})).toBeUndefined();
});

test('a file that is missing or no YAML is left to client-node, which says so', async () => {
  const file = await aFile(ca, { token: 't' });
  expect(plainCredentials({ kind: 'kubeconfig', file: `${file}-absent` }, {})).toBeUndefined();
  await writeFile(file, 'users:\n- user: {token: hush\n  bad: [\n');
  expect(plainCredentials({ kind: 'kubeconfig', file }, {})).toBeUndefined();
});

test("without a file, kubectl's chain: $KUBECONFIG, then the home directory", async () => {
  const file = await aFile(ca, { token: 'of the variable' });
  const header = (env: Record<string, string>) =>
    plainCredentials({ kind: 'kubeconfig' }, env)?.headers.authorization;
  expect(header({ KUBECONFIG: file, HOME: '/nonexistent' })).toBe('Bearer of the variable');
  expect(header({ KUBECONFIG: `${file}:${file}` }), 'merged files').toBeUndefined();
  expect(header({ HOME: '/nonexistent' })).toBeUndefined();
});
