import { create } from '@bufbuild/protobuf';
import {
  EnsureTenantResponseSchema,
  GetTenantResponseSchema,
  ListTenantsResponseSchema,
  type TenantService,
} from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { tenantDeclared } from '../tenant/errors.ts';
import { createDeleteTenant, type DeleteTenantDeps } from './delete-tenant.ts';
import { type ServiceHandlers, sees } from './handler.ts';
import { parseEnsure, parsePage, printToken, requireTenant } from './tenant-request.ts';
import { tenantToProto } from './tenant-to-proto.ts';

export interface TenantServiceDeps extends DeleteTenantDeps {
  /** Throws where the executor does not keep tenants, or does not know them yet. */
  readonly tenants: DeleteTenantDeps['tenants'];
  /** Names of this executor's pools. */
  readonly pools: readonly string[];
}

/** The handlers of TenantService, for gRPC and HTTP alike. */
export function createTenantService(deps: TenantServiceDeps): ServiceHandlers<typeof TenantService> {
  const { isDeclared } = deps;
  return {
    async ensureTenant(request, { signal }) {
      const { tenant, spec } = parseEnsure(request, deps.pools);
      const tenants = deps.tenants();
      if (isDeclared(tenant)) throw tenantDeclared(tenant);
      const made = request.validateOnly
        ? await tenants.validate(tenant, spec, signal)
        : await tenants.ensure(tenant, spec, signal);
      return create(EnsureTenantResponseSchema, { tenant: tenantToProto(made, false) });
    },
    async getTenant(request, { signal }) {
      const name = requireTenant(request.tenant);
      const tenant = await deps.tenants().get(name, signal);
      return create(GetTenantResponseSchema, { tenant: tenantToProto(tenant, isDeclared(name)) });
    },
    async listTenants(request, context) {
      const { size, after } = parsePage(request);
      const behind = deps
        .tenants()
        .list()
        .filter(({ tenant }) => tenant > after && sees(context, tenant));
      const page = behind.slice(0, size);
      const last = page.at(-1)?.tenant;
      return create(ListTenantsResponseSchema, {
        tenants: page.map((tenant) => tenantToProto(tenant, isDeclared(tenant.tenant))),
        nextPageToken: behind.length > page.length && last !== undefined ? printToken(last) : '',
      });
    },
    deleteTenant: createDeleteTenant(deps),
  };
}
