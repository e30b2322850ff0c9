import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { expect, onTestFinished, test } from 'vitest';
import {
  DeleteTenantResponseSchema,
  type EnsureTenantRequest,
  EnsureTenantResponseSchema,
  GetTenantResponseSchema,
  ListTenantsResponseSchema,
  type Tenant,
  TenantSchema,
  TenantService,
  TenantState,
} from '../../../gen/glip/executor/v1/tenant_service_pb.js';
import type { ServiceHandlers } from '../../../src/rpc/handler.ts';
import { createGrpcServer } from '../../../src/rpc/server.ts';
import { rpcService } from '../../../src/rpc/service.ts';
import { createToStatus } from '../../../src/rpc/to-status.ts';
import { tenantInUse, tenantUnknown } from '../../../src/tenant/errors.ts';
import { unsafeOutput } from '../../unit/cli/steps.ts';
import { runGlip } from './harness.ts';

const aTenant = (tenant: string, more: object = {}): Tenant =>
  create(TenantSchema, {
    tenant,
    state: TenantState.READY,
    namespace: `glip-${tenant}`,
    createTime: timestampFromMs(Date.now() - 7_200_000),
    spec: {
      quota: { pods: '10' },
      egress: [{ to: { case: 'cidr', value: '10.20.0.0/16' }, ports: [5432] }],
    },
    used: { pods: '3' },
    ...more,
  });
const broken = aTenant('beta', {
  state: TenantState.DEGRADED,
  problems: ['Quota \u001b[31mred'],
  declared: true,
});

/** A server of tenants that keeps what it was asked. */
async function aServer(asked: EnsureTenantRequest[] = []): Promise<string> {
  const handlers: ServiceHandlers<typeof TenantService> = {
    async ensureTenant(request) {
      asked.push(request);
      return create(EnsureTenantResponseSchema, { tenant: aTenant(request.tenant) });
    },
    async getTenant({ tenant }) {
      if (tenant === 'gone') throw tenantUnknown({ namespace: 'glip-gone' });
      return create(GetTenantResponseSchema, { tenant: tenant === 'beta' ? broken : aTenant(tenant) });
    },
    listTenants: async ({ pageToken }) =>
      pageToken === ''
        ? create(ListTenantsResponseSchema, { tenants: [aTenant('acme')], nextPageToken: 'more' })
        : create(ListTenantsResponseSchema, { tenants: [broken] }),
    async deleteTenant({ tenant, force }) {
      if (!force) throw tenantInUse({ tenant, namespace: `glip-${tenant}` }, 2);
      return create(DeleteTenantResponseSchema, { tenant: aTenant(tenant, { state: TenantState.DELETING }) });
    },
  };
  const services = [rpcService(TenantService, handlers)];
  const server = createGrpcServer({ services, address: '127.0.0.1:0', toStatus: createToStatus() });
  const { address } = await server.start();
  onTestFinished(() => server.stop(0));
  return address;
}

test('ensure reads a file, from standard input too, and says what has become of the tenant', async () => {
  const asked: EnsureTenantRequest[] = [];
  const env = { GLIP_SERVER: await aServer(asked) };
  const text = 'spec:\n  quota: {pods: "10"}\n  default_options: {timeouts: {queue: 1h30m}}\n';
  expect(await runGlip(['tenant', 'ensure', 'acme', '-f', '-'], env, text)).toEqual({
    code: 0,
    stdout: 'acme READY\n',
    stderr: '',
  });
  const dry = await runGlip(
    ['tenant', 'ensure', '-f', '-', '--dry-run=server'],
    env,
    `tenant: acme\n${text}`,
  );
  expect(dry.stdout).toBe('acme is valid (server dry run)\n');
  expect(asked.map(({ tenant, validateOnly }) => [tenant, validateOnly])).toEqual([
    ['acme', false],
    ['acme', true],
  ]);
  expect(asked[0]?.spec?.defaultOptions?.timeouts?.queue?.seconds).toBe(5_400n);
  const wrong = await runGlip(
    ['tenant', 'ensure', 'acme', '-f', '-'],
    env,
    'tenant: beta\nspec: {quotas: {}}\n',
  );
  expect(wrong).toMatchObject({ code: 65, stdout: '' });
  expect(wrong.stderr).toContain('spec.quotas: is not a field of TenantSpec; did you mean quota');
  const other = await runGlip(['tenant', 'ensure', 'acme', '-f', '-'], env, 'tenant: beta\nspec: {}\n');
  expect(other.stderr).toContain('"beta" is not "acme"');
  expect(asked).toHaveLength(2);
});

test('get and list show what is there, and what is wrong with it, on any terminal', async () => {
  const env = { GLIP_SERVER: await aServer() };
  const { stdout } = await runGlip(['tenant', 'get', 'acme'], env);
  expect(stdout).toContain('pods 3 of 10');
  expect(stdout).toContain('DNS, 10.20.0.0/16 (ports 5432)');
  const list = await runGlip(['tenant', 'list'], env);
  expect(list.stdout).toMatch(
    /^TENANT +STATE +AGE +PROBLEMS\nacme +READY +\d+[mh] +-\nbeta +DEGRADED +\d+[mh] +Quota/,
  );
  expect(list.stdout).not.toMatch(unsafeOutput);
  const json = await runGlip(['tenant', 'list', '-o', 'json'], env);
  expect(JSON.parse(json.stdout)).toMatchObject({ tenants: [{ tenant: 'acme' }, { declared: true }] });
  expect((await runGlip(['tenant', 'list', '-o', 'name'], env)).stdout).toBe('acme\nbeta\n');
  const gone = await runGlip(['tenant', 'get', 'gone'], env);
  expect(gone).toMatchObject({ code: 66, stdout: '' });
  expect(gone.stderr).toContain('glip-gone');
});

test('delete asks for force where steps live', async () => {
  const env = { GLIP_SERVER: await aServer() };
  const refused = await runGlip(['tenant', 'delete', 'acme'], env);
  expect(refused).toMatchObject({ code: 65, stdout: '' });
  expect(refused.stderr).toContain('2 steps that are not over');
  expect((await runGlip(['tenant', 'delete', 'acme', '--force'], env)).stdout).toBe('acme DELETING\n');
});

test.each([
  [['tenant'], 'a verb is missing: one of ensure, get, list, delete'],
  [['tenant', 'remove', 'a'], 'unknown verb "remove"'],
  [['tenant', 'get'], 'the NAME of a tenant is missing'],
  [['tenant', 'list', 'a'], '"a" is not expected here'],
  [['tenant', 'ensure', 'a'], 'flag --filename: is required'],
  [['tenant', 'get', 'a', '--force'], 'flag --force: only with delete'],
] as const)('%j is a wrong command line', async (argv, problem) => {
  const { code, stderr } = await runGlip(argv);
  expect(code).toBe(64);
  expect(stderr).toContain(problem);
});
