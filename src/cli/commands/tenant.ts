import { create } from '@bufbuild/protobuf';
import {
  DeleteTenantRequestSchema,
  GetTenantRequestSchema,
  ListTenantsRequestSchema,
  type Tenant,
} from '../../../gen/glip/executor/v1/tenant_service_pb.js';
import { type Context, callWithRetry, layoutOf, note } from '../context.ts';
import { exitCodes } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { parseTenantFile } from '../tenant-file.ts';
import { describeTenant, renderTenants, tenantStateName } from '../tenants-output.ts';

export async function runTenant(context: Context): Promise<number> {
  const { verb } = context.options.tenantCall;
  switch (verb) {
    case 'ensure':
      return ensure(context);
    case 'get':
      return get(context);
    case 'list':
      return list(context);
    case 'delete':
      return remove(context);
    default: {
      const never: never = verb;
      return never;
    }
  }
}

async function ensure(context: Context): Promise<number> {
  const { io, options } = context;
  const name = options.file === '-' ? 'standard input' : printable(options.file);
  let text: string;
  try {
    text = options.file === '-' ? await io.readStdin() : io.readFile(options.file);
  } catch (error) {
    note(io, `${name} cannot be read: ${printable(error instanceof Error ? error.message : String(error))}`);
    return exitCodes.notFound;
  }
  const parsed = parseTenantFile(text, options.tenantCall.tenant);
  if (!parsed.ok) for (const problem of parsed.problems) note(io, `${name}: ${printable(problem)}`);
  if (!parsed.ok) return exitCodes.refused;
  const { request } = parsed;
  request.validateOnly ||= options.validateOnly;
  const { tenant } = await callWithRetry(context, (call) => context.tenants.ensureTenant(request, call));
  write(context, tenant, request.validateOnly ? 'is valid (server dry run)' : undefined);
  return exitCodes.success;
}

async function get(context: Context): Promise<number> {
  const { io, options, tenants } = context;
  const request = create(GetTenantRequestSchema, { tenant: options.tenantCall.tenant });
  const { tenant } = await callWithRetry(context, (call) => tenants.getTenant(request, call));
  if (tenant !== undefined)
    io.stdout.write(
      options.output === 'text'
        ? describeTenant(tenant, layoutOf(io.stdout, io).width)
        : renderTenants([tenant], context, false),
    );
  return exitCodes.success;
}

async function list(context: Context): Promise<number> {
  const { io, options } = context;
  const all: Tenant[] = [];
  let pageToken = '';
  do {
    const request = create(ListTenantsRequestSchema, { pageToken });
    const page = await callWithRetry(context, (call) => context.tenants.listTenants(request, call));
    all.push(...page.tenants);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  const table = options.output === 'text' || options.output === 'wide';
  if (table && all.length === 0) note(io, 'no tenants found');
  else io.stdout.write(renderTenants(all, context, true));
  return exitCodes.success;
}

async function remove(context: Context): Promise<number> {
  const { options } = context;
  const request = create(DeleteTenantRequestSchema, {
    tenant: options.tenantCall.tenant,
    force: options.force,
  });
  const { tenant } = await callWithRetry(context, (call) => context.tenants.deleteTenant(request, call));
  write(context, tenant);
  return exitCodes.success;
}

/** What has become of a tenant, in one line, and why it is not as described; with -o in its form. */
function write(context: Context, tenant: Tenant | undefined, became?: string): void {
  const { io, options } = context;
  if (tenant === undefined) return;
  if (options.output !== 'text') return void io.stdout.write(renderTenants([tenant], context, false));
  io.stdout.write(`${printable(tenant.tenant)} ${became ?? tenantStateName(tenant)}\n`);
  for (const problem of tenant.problems) note(io, printable(problem));
}
