import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { refusal } from '../../support/client.ts';
import { stateName } from '../../support/states.ts';
import { connectTenants } from '../../support/tenant-client.ts';
import { must } from '../../support/tenants.ts';
import type { ContractContext, ContractPart } from './context.ts';
import { getJob } from './objects.ts';

const values = { password: 'hush-hush-1', 'ca.pem': 'hush-hush-2' };
const sha256 = (text: string): string => hash('sha256', text, 'hex');

/** A tenant that allows one of its two Secrets. */
async function describeTenant({ cluster, replicas }: ContractContext, tenant: string): Promise<string> {
  const client = connectTenants(replicas[0].grpc);
  try {
    const { namespace } = await client.ready(tenant, { secrets: ['db'] });
    for (const name of ['db', 'other'])
      await must(cluster, 'POST', `/api/v1/namespaces/${namespace}/secrets`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name },
        stringData: values,
      });
    return tenant;
  } finally {
    client.close();
  }
}

/** Secrets reach the agent by name, and nobody else. */
export const secrets: ContractPart = (context) => {
  test('a step gets those that its tenant allows, as environment and files', async () => {
    const { client, cluster, step } = context();
    const tenant = await describeTenant(context(), 'secretive');
    const request = step({
      tenant,
      agent: { ownReport: true },
      options: {
        env: { PROBE_FILES: '/etc/db' },
        secrets: [
          { name: 'db', key: 'password', target: { case: 'env', value: 'PROBE_PASSWORD' } },
          { name: 'db', target: { case: 'mountPath', value: '/etc/db' } },
        ],
      },
    });
    await client.submitted(request);
    const end = await client.watch(request.key).final();
    expect(stateName(end), end.outcome?.message).toBe('SUCCEEDED');
    const { spec } = await getJob(cluster, end);
    const specs = JSON.stringify(spec);
    expect(specs).toContain('"PROBE_PASSWORD"');
    for (const value of Object.values(values)) expect(specs).not.toContain(value);
    if (!cluster.runsAgents) return;
    const { echo } = JSON.parse(end.outcome?.agentReportJson ?? '{}');
    expect(echo.environment.PROBE_PASSWORD).toBe(values.password);
    // The embedded cluster's agents are processes of whoever runs the test.
    const writable = echo.uid === 0;
    expect(echo.files).toEqual({
      'ca.pem': { sha256: sha256(values['ca.pem']), writable },
      password: { sha256: sha256(values.password), writable },
    });
  });

  test('others are refused by name, and so are all where nobody has described the tenant', async () => {
    const { client, step } = context();
    const tenant = await describeTenant(context(), 'discreet');
    const wish = {
      secrets: [{ name: 'other', key: 'password', target: { case: 'env' as const, value: 'X' } }],
    };
    const refused = await refusal(client.submit(step({ tenant, options: wish })));
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'INVALID_REQUEST' });
    expect(refused.violations).toMatchObject([
      {
        field: 'options.secrets[0].name',
        description: 'is none that this tenant may use; those are: db',
      },
    ]);
    const undescribed = await refusal(client.submit(step({ options: wish })));
    expect(undescribed.violations[0]?.description).toMatch(/^nobody has described this tenant/);
  });
};
