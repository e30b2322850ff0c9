import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExecutorService } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { createCredentialCache } from '../../../src/kube/credentials.ts';
import { credentialSource } from '../../../src/kube/kubeconfig.ts';
import { createTokenReviews } from '../../../src/kube/token-reviews.ts';
import { createTransport } from '../../../src/kube/transport.ts';
import { isAvailable } from '../../support/control-plane/available.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane/start.ts';
import { until } from '../../support/control-plane/until.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { createTenant, must } from '../../support/tenants.ts';
import { grpcCaller, httpCaller, type Outcome } from './calls.ts';
import { serverCa } from './secured.ts';

const { getStep, listSteps } = ExecutorService.method;
const told = ({ error }: Outcome) => (error ? `${error.code} ${error.reason}` : 'OK');

/** Tokens of service accounts, as a real API server makes and judges them. */
describe.skipIf(!isAvailable())('service accounts', { timeout: 120_000 }, () => {
  let controlPlane: ControlPlane;
  let executor: TestExecutor;
  const directory = mkdtempSync(join(tmpdir(), 'glip-review-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };

  const account = (name: string) =>
    must(controlPlane, 'POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name } });
  const token = async (name: string, audience?: string): Promise<string> => {
    const path = `/api/v1/namespaces/default/serviceaccounts/${name}/token`;
    const spec = { expirationSeconds: 600, ...(audience !== undefined && { audiences: [audience] }) };
    return (
      await must(controlPlane, 'POST', path, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec,
      })
    ).status.token;
  };
  const secured = (kubeconfig: string) => {
    const { cert, key } = serverCa.issue({ commonName: 'x', hosts: ['127.0.0.1'] });
    return startExecutor({
      access: { kind: 'kubeconfig', file: kubeconfig },
      // One that may do nothing but ask about tokens never knows its cluster.
      untilSynced: kubeconfig === controlPlane.kubeconfig,
      config: {
        tls: { certificateFile: file('crt', cert), keyFile: file('key', key) },
        identity: { serviceAccounts: 'on' },
        policyFile: file(
          'policy',
          JSON.stringify({
            rules: [
              {
                name: 'ci',
                who: [
                  {
                    identity: 'system:serviceaccount:default:runner',
                    group: 'system:serviceaccounts:default',
                  },
                ],
                may: ['GetStep'],
                tenants: ['acme'],
              },
            ],
          }),
        ),
      },
    });
  };
  const ask = async (
    of: TestExecutor,
    shown: string,
    method: typeof getStep | typeof listSteps = getStep,
  ) => {
    const request = method === getStep ? { key: { tenant: 'acme', runId: 'r', stepId: 's' } } : {};
    const grpc = grpcCaller(of.grpc, { token: shown });
    const both = [
      await grpc.call({ method, request }),
      await httpCaller(of.http, { token: shown }).call({ method, request }),
    ];
    grpc.close();
    expect(told(both[0]!)).toBe(told(both[1]!));
    return told(both[0]!);
  };

  beforeAll(async () => {
    controlPlane = await startControlPlane({ nodes: [] });
    await createTenant(controlPlane, 'acme');
    for (const name of ['runner', 'other', 'leaver']) await account(name);
    executor = await secured(controlPlane.kubeconfig);
  }, 120_000);
  afterAll(async () => {
    await executor?.stop();
    await controlPlane?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('a token that was made for the executor lets in, as far as the policy lets its account', async () => {
    const mine = await token('runner', 'glip-executor');
    expect(await ask(executor, mine)).toBe('NOT_FOUND STEP_UNKNOWN');
    expect(await ask(executor, mine, listSteps)).toBe('PERMISSION_DENIED NOT_ALLOWED');
    expect(await ask(executor, await token('other', 'glip-executor'))).toBe('PERMISSION_DENIED NOT_ALLOWED');
  });

  test('one for the API server, for somebody else, changed, or cut off does not', async () => {
    const mine = await token('runner', 'glip-executor');
    const [head, , signature] = mine.split('.');
    const claims = Buffer.from(
      JSON.stringify({
        ...JSON.parse(Buffer.from(mine.split('.')[1]!, 'base64url').toString()),
        sub: 'system:serviceaccount:kube-system:x',
      }),
    );
    const wrong = [
      await token('runner'),
      await token('runner', 'another'),
      `${head}.${claims.toString('base64url')}.${signature}`,
      mine.slice(0, -8),
      'nonsense',
    ];
    for (const one of wrong) expect(await ask(executor, one)).toBe('UNAUTHENTICATED TOKEN_INVALID');
  });

  const reviewsAs = (kubeconfig: string) => {
    const access = { kind: 'kubeconfig', file: kubeconfig } as const;
    const transport = createTransport({
      credentials: createCredentialCache({ source: credentialSource(access) }),
    });
    return { reviews: createTokenReviews(transport), close: () => transport.destroy() };
  };

  test('the review says who it is, and no more once the account is gone', async () => {
    const { reviews, close } = reviewsAs(controlPlane.kubeconfig);
    const theirs = await token('leaver', 'glip-executor');
    expect(await reviews.review(theirs, ['glip-executor', 'more'])).toEqual({
      authenticated: true,
      username: 'system:serviceaccount:default:leaver',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      audiences: ['glip-executor'],
    });
    await must(controlPlane, 'DELETE', '/api/v1/namespaces/default/serviceaccounts/leaver');
    // The API server itself remembers for ten seconds.
    const isGone = async () => {
      const review = await reviews.review(theirs, ['glip-executor']);
      return review.authenticated ? undefined : review;
    };
    const gone = await until('the token is not known any more', isGone, { timeoutMs: 30_000 });
    expect(gone).toEqual({ authenticated: false, username: '', groups: [], audiences: [] });
    await close();
  });

  test('an executor that may not ask says that it cannot know, and nothing of why', async () => {
    const poor = await secured(await controlPlane.kubeconfigFor({ user: 'poor' }));
    try {
      const mine = await token('runner', 'glip-executor');
      expect(await ask(poor, mine)).toBe('UNAVAILABLE IDENTITY_UNAVAILABLE');
      const warned = poor.complaints.find(({ msg }) => msg.startsWith('the cluster could not be asked'));
      expect(warned?.err?.message).toContain('tokenreviews');
      expect(JSON.stringify(poor.complaints)).not.toContain(mine.split('.')[2]);
    } finally {
      await poor.stop();
    }
  });
});
