import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address } from '../../../src/config/address.ts';
import type { ClusterAccess } from '../../../src/kube/kubeconfig.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { startEmbeddedCluster } from '../../support/embedded-cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { type Certificate, createAuthority } from '../../support/misbehaving-server/certificates.ts';
import { createTenant } from '../../support/tenants.ts';
import { anIssuer, issuerUrl } from '../../unit/identity/tokens.ts';

/** What somebody shows of itself. */
export interface Shown {
  readonly certificate?: Certificate;
  readonly token?: string;
}

export const serverCa = createAuthority('server ca');
export const clientCa = createAuthority('client ca');
export const issuer = await anIssuer();
const past = Date.now() - 60_000;

/** Everybody who calls; the grids of the tests have a column for each, in this order. */
export const identities = {
  none: {},
  expired: { certificate: clientCa.issue({ commonName: 'admin', notAfter: past }) },
  'wrong CA': { certificate: createAuthority('client ca').issue({ commonName: 'admin' }) },
  'expired JWT': { token: await issuer.sign({ groups: ['pipelines'], exp: Math.floor(past / 1000) }) },
  "another's JWT": { token: await issuer.sign({ groups: ['pipelines'], aud: 'another' }) },
  'other tenant': { certificate: clientCa.issue({ commonName: 'other' }) },
  'read-only': { certificate: clientCa.issue({ commonName: 'reader' }) },
  certificate: { certificate: clientCa.issue({ commonName: 'x', uris: ['spiffe://prod/orchestrator'] }) },
  JWT: { token: await issuer.sign({ groups: ['pipelines'], tenants: ['acme'] }) },
  ServiceAccount: { token: 'service.account.token' },
  admin: { certificate: clientCa.issue({ commonName: 'admin' }) },
} as const satisfies Record<string, Shown>;

export type IdentityName = keyof typeof identities;

export const policy = {
  rules: [
    { name: 'admins', who: [{ identity: 'cn:admin' }], may: ['admin'], tenants: ['*'] },
    {
      name: 'orchestrator',
      who: [{ identity: 'spiffe://prod/*' }],
      may: ['read', 'submit', 'operate'],
      tenants: ['acme'],
    },
    { name: 'readers', who: [{ identity: 'cn:reader' }], may: ['read'], tenants: ['acme'] },
    // Cancels elsewhere: what it may not cancel where it reads is refused honestly, and what it does not know is not there.
    { name: 'cancels', who: [{ identity: 'cn:reader' }], may: ['CancelStep'], tenants: ['gamma'] },
    {
      name: 'others',
      who: [{ identity: 'cn:other' }],
      may: ['read', 'submit', 'operate'],
      tenants: ['beta'],
    },
    {
      name: 'pipelines',
      who: [{ group: 'jwt:corp:pipelines' }],
      may: ['read', 'submit', 'operate'],
      tenants: ['$own'],
    },
    {
      name: 'ci',
      who: [{ identity: 'system:serviceaccount:ci:*' }],
      may: ['SubmitStep', 'GetStep'],
      tenants: ['acme'],
    },
  ],
};

/** An executor that lets in whom it knows, in front of an embedded cluster with the tenants acme and beta. */
export interface Secured {
  readonly cluster: TestCluster;
  readonly executor: TestExecutor;
  readonly grpc: Address;
  readonly http: Address;
  /** Path of a file beside the certificates. */
  file(name: string): string;
  /** Puts another policy into force; it is seen a little later. */
  setPolicy(rules: unknown): Promise<void>;
  /** Lines of the audit log. */
  readonly auditFile: string;
  stop(): Promise<void>;
}

/** A cluster that is there already, with its tenants. */
interface Place {
  readonly cluster: TestCluster;
  readonly access: ClusterAccess;
}

/** Without a place: an embedded cluster, where a played API server judges the service account's token; the rest is as it would be. */
export async function startSecured(
  config: Readonly<Record<string, unknown>> = {},
  { rules = policy.rules, place }: { readonly rules?: readonly object[]; readonly place?: Place } = {},
): Promise<Secured> {
  const directory = await mkdtemp(join(tmpdir(), 'glip-secured-'));
  const file = (name: string) => join(directory, name);
  const server = serverCa.issue({ commonName: 'executor', hosts: ['127.0.0.1', 'localhost'] });
  const files = {
    'tls.crt': server.cert,
    'tls.key': server.key,
    'ca.crt': clientCa.ca,
    'server-ca.crt': serverCa.ca,
    'jwks.json': JSON.stringify(issuer.jwks),
    'policy.yaml': JSON.stringify({ rules }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(file(name), text);
  const { cluster, access, close } = place ? { ...place, close: () => undefined } : await embedded();
  const auditFile = file('audit.log');
  const executor = await startExecutor({
    access,
    config: {
      tls: { certificateFile: file('tls.crt'), keyFile: file('tls.key'), clientCaFile: file('ca.crt') },
      identity: {
        serviceAccounts: 'on',
        jwt: [
          {
            name: 'corp',
            issuer: issuerUrl,
            audiences: ['glip-executor'],
            jwksFile: file('jwks.json'),
            groupsClaim: 'groups',
            tenantsClaim: 'tenants',
          },
        ],
      },
      policyFile: file('policy.yaml'),
      audit: { level: 'all', file: auditFile },
      ...config,
    },
  });
  return {
    cluster,
    executor,
    grpc: executor.grpc,
    http: executor.http,
    file,
    auditFile,
    // At once, as an editor or a mounted ConfigMap does it.
    async setPolicy(rules) {
      await writeFile(file('policy.new'), JSON.stringify({ rules }));
      await rename(file('policy.new'), file('policy.yaml'));
    },
    async stop() {
      await executor.stop();
      await close();
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** An embedded cluster with the tenants acme and beta. */
async function embedded() {
  const cluster = await startEmbeddedCluster();
  for (const tenant of ['acme', 'beta']) await createTenant(cluster, tenant);
  return { cluster, ...(await reviewTokens(cluster.access)) };
}

/** The embedded cluster behind a server that answers TokenReviews, which it does not know. */
async function reviewTokens(access: ClusterAccess) {
  if (access.kind !== 'fixed') throw new Error('an embedded cluster is needed');
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/apis/authentication.k8s.io/') === true) {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const { token } = JSON.parse(body).spec;
        const good = token === identities.ServiceAccount.token;
        const user = { username: 'system:serviceaccount:ci:runner', groups: ['system:serviceaccounts'] };
        const status = good
          ? { authenticated: true, user, audiences: ['glip-executor'] }
          : { authenticated: false, error: 'invalid' };
        response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ status }));
      });
      return;
    }
    const { method, url, headers } = request;
    const target = new URL(url ?? '/', access.server);
    const onward = forward(target, { method, headers: { ...headers, host: target.host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      response.on('close', () => answer.destroy());
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    access: { ...access, server: `http://127.0.0.1:${port}` },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
