import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TenantState } from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { refusal } from '../support/client.ts';
import type { TestCluster } from '../support/cluster.ts';
import { startEmbeddedCluster } from '../support/embedded-cluster.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { fetchJson } from '../support/fetch-json.ts';
import { aStep } from '../support/step.ts';
import { connectTenants, type TenantClient } from '../support/tenant-client.ts';
import { createTenant, must } from '../support/tenants.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'glip-taken-'));
let cluster: TestCluster;
let executor: TestExecutor;
let tenants: TenantClient;

beforeAll(async () => {
  cluster = await startEmbeddedCluster();
  // Somebody's own, of the name that the tenant's would have.
  await createTenant(cluster, 'acme');
  const file = join(folder, 'tenants.yaml');
  writeFileSync(file, 'tenants: {acme: {quota: {pods: "5"}}, free: {}}');
  executor = await startExecutor({ access: cluster.access, config: { tenants: { file } } });
  tenants = connectTenants(executor.grpc);
});
afterAll(async () => {
  tenants?.close();
  await executor?.stop();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function countOf(state: string): Promise<number> {
  const { host, port } = executor.http;
  const { body } = await fetchJson(new URL(`http://${host}:${port}/metrics`), 'GET');
  const found = new RegExp(`glip_executor_declared_tenants\\{state="${state}"\\} (\\d+)`).exec(String(body));
  return Number(found?.[1] ?? -1);
}

test('a declared tenant whose namespace is somebody else`s takes no steps, and says so everywhere', async () => {
  await until('the other one is laid down', async () => (await countOf('APPLIED')) === 1);
  await until('this one has failed', async () => (await countOf('FAILED')) === 1);
  expect(await countOf('PENDING')).toBe(0);
  for (const call of [tenants.get('acme'), executor.client.submit(aStep(cluster, { tenant: 'acme' }))]) {
    const { code, reason, message } = await refusal(call);
    expect({ code, reason }).toEqual({ code: 'UNAVAILABLE', reason: 'TENANT_NOT_READY' });
    expect(message).toContain('annotate it with glip.greenlang.io/tenant=acme');
  }
  await until('the log tells it again', () => {
    const told = executor.complaints.filter(({ msg }) => msg.includes('takes no steps until it is'));
    return told.length >= 2 && told.every(({ err }) => err?.message.includes('annotate it with'));
  });
});

test('once it is handed over, it is laid down and takes steps', async () => {
  await must(
    cluster,
    'PATCH',
    '/api/v1/namespaces/glip-acme',
    { metadata: { annotations: { 'glip.greenlang.io/tenant': 'acme' } } },
    'application/merge-patch+json',
  );
  await until('it is laid down', async () => (await countOf('APPLIED')) === 2);
  await until('it is ready', async () => {
    const found = await tenants.get('acme').catch(() => undefined);
    return found?.state === TenantState.READY;
  });
  expect((await executor.client.submit(aStep(cluster, { tenant: 'acme' }))).created).toBe(true);
});
