import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal } from '../support/client.ts';
import type { TestCluster } from '../support/cluster.ts';
import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { startExecutor } from '../support/executor.ts';
import { aStep } from '../support/step.ts';
import { connectTenants } from '../support/tenant-client.ts';
import { createTenant } from '../support/tenants.ts';
import { until } from '../support/until.ts';

/** The embedded cluster behind a server that refuses who asks for namespaces, as RBAC does. */
async function withoutTheRight(cluster: TestCluster) {
  const { access } = cluster;
  if (access.kind !== 'fixed') throw new Error('an embedded cluster is needed');
  const message = 'namespaces is forbidden: User "x" cannot list resource "namespaces" in API group ""';
  const server = createServer((request, response) => {
    if (/^\/api\/v1\/namespaces(\?|$|\/[^/]+$)/.test(request.url ?? '')) {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', reason: 'Forbidden', code: 403, message }));
      return;
    }
    const { method, url, headers } = request;
    const onward = forward(new URL(url ?? '', access.server), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    access: { ...access, server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

let cluster: TestCluster;
let refusing: Awaited<ReturnType<typeof withoutTheRight>>;
beforeAll(async () => {
  cluster = await startEmbeddedCluster();
  await createTenant(cluster, 'acme');
  refusing = await withoutTheRight(cluster);
});
afterAll(async () => {
  refusing?.close();
  await cluster?.stop();
});

test('an executor that may not read its tenants takes no steps, and answers for those that are there', async () => {
  const executor = await startExecutor({ access: refusing.access, untilSynced: false });
  const tenants = connectTenants(executor.grpc);
  try {
    const { client } = executor;
    const request = aStep(cluster, { tenant: 'acme' });
    await until('the steps are known', async () => {
      const error = await refusal(client.get(request.key));
      return error.reason === 'STEP_UNKNOWN';
    });
    await until('the failure is known', async () => {
      const { message } = await refusal(client.submit(request));
      return message.includes('glip-executor check');
    });
    for (const call of [client.submit(request), tenants.list(), tenants.ensure('acme')]) {
      const error = await refusal(call);
      expect(error).toMatchObject({ code: 'UNAVAILABLE', reason: 'NOT_YET_SYNCED' });
      expect(error.message).not.toContain('User');
    }
    const told = executor.complaints.filter(({ msg }) => msg.includes('each Namespace of tenants'));
    expect(told.map(({ msg }) => msg).join()).toContain('tenants.management');
    expect(told).toHaveLength(1);
  } finally {
    tenants.close();
    await executor.stop();
  }
});

test('one that leaves namespaces to people needs no right to them', async () => {
  const executor = await startExecutor({
    access: refusing.access,
    config: { tenants: { management: 'off' } },
  });
  const { client } = executor;
  expect((await client.submit(aStep(cluster, { tenant: 'acme' }))).created).toBe(true);
  await executor.stop();
});
