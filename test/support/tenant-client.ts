import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  DeleteTenantRequestSchema,
  EnsureTenantRequestSchema,
  GetTenantRequestSchema,
  ListTenantsRequestSchema,
  type ListTenantsResponse,
  type Tenant,
  TenantService,
  type TenantSpecSchema,
  TenantState,
} from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { createClient } from '../../src/cli/client.ts';
import type { Address } from '../../src/config/address.ts';
import { until } from './until.ts';

export type SpecInit = MessageInitShape<typeof TenantSpecSchema>;

/** TenantService as tests say it: plain values in, messages or RpcError out. */
export interface TenantClient {
  ensure(tenant: string, spec?: SpecInit, more?: { readonly validateOnly?: boolean }): Promise<Tenant>;
  /** Resolves when the tenant is READY. */
  ready(tenant: string, spec?: SpecInit): Promise<Tenant>;
  get(tenant: string): Promise<Tenant>;
  list(request?: MessageInitShape<typeof ListTenantsRequestSchema>): Promise<ListTenantsResponse>;
  delete(tenant: string, more?: { readonly force?: boolean }): Promise<Tenant>;
  close(): void;
}

const timeoutMs = 30_000;

export function connectTenants(address: Address): TenantClient {
  const { calls, close } = createClient(TenantService, address, {});
  const there = (tenant: Tenant | undefined): Tenant => {
    if (tenant === undefined) throw new Error('the answer has no tenant');
    return tenant;
  };
  const client: TenantClient = {
    async ensure(tenant, spec = {}, { validateOnly = false } = {}) {
      const request = create(EnsureTenantRequestSchema, { tenant, spec, validateOnly } as never);
      return there((await calls.ensureTenant(request, { timeoutMs })).tenant);
    },
    async ready(tenant, spec) {
      await client.ensure(tenant, spec);
      return until(`tenant ${tenant} is ready`, async () => {
        const now = await client.get(tenant);
        return now.state === TenantState.READY ? now : undefined;
      });
    },
    get: async (tenant) =>
      there((await calls.getTenant(create(GetTenantRequestSchema, { tenant }), { timeoutMs })).tenant),
    list: (request = {}) => calls.listTenants(create(ListTenantsRequestSchema, request), { timeoutMs }),
    delete: async (tenant, { force = false } = {}) =>
      there(
        (await calls.deleteTenant(create(DeleteTenantRequestSchema, { tenant, force }), { timeoutMs }))
          .tenant,
      ),
    close,
  };
  return client;
}
