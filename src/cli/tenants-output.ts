import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type Tenant, TenantSchema, TenantState } from '../../gen/glip/executor/v1/tenant_service_pb.js';
import type { Context } from './context.ts';
import { layFields, layTable } from './layout.ts';
import { printable } from './printable.ts';
import { age } from './step-words.ts';
import { plain, structured } from './structured.ts';

const head = ['TENANT', 'STATE', 'AGE', 'PROBLEMS'];
const wideHead = ['TENANT', 'STATE', 'AGE', 'NAMESPACE', 'DECLARED', 'USED', 'PROBLEMS'];

/** Tenants in the form of -o; one tenant alone is no list. */
export function renderTenants(tenants: readonly Tenant[], { options, io }: Context, many: boolean): string {
  const { output } = options;
  switch (output) {
    case 'json':
    case 'yaml': {
      const values = tenants.map((tenant) => plain(TenantSchema, tenant));
      return structured(many ? { tenants: values } : (values[0] ?? {}), output);
    }
    case 'name':
      return tenants.map(({ tenant }) => `${printable(tenant)}\n`).join('');
    case 'wide':
    case 'text': {
      if (tenants.length === 0) return '';
      const wide = output === 'wide';
      const rows = tenants.map((tenant) => row(tenant, io.now(), wide));
      return layTable(wide ? wideHead : head, rows, wide ? undefined : io.stdout.columns);
    }
    default: {
      const never: never = output;
      return never;
    }
  }
}

export const tenantStateName = ({ state }: Pick<Tenant, 'state'>): string =>
  TenantState[state] ?? `STATE_${state}`;

function row(tenant: Tenant, now: number, wide: boolean): readonly string[] {
  const since = tenant.createTime === undefined ? '-' : age(now - timestampMs(tenant.createTime));
  const problems = tenant.problems.map(printable).join('; ');
  const more = wide ? [printable(tenant.namespace), tenant.declared ? 'yes' : 'no', usedOf(tenant)] : [];
  return [printable(tenant.tenant), tenantStateName(tenant), since, ...more, problems].map(
    (cell) => cell || '-',
  );
}

/** `pods 3 of 10`, for each limit. */
function usedOf({ spec, used }: Tenant): string {
  const limits = Object.entries(spec?.quota ?? {});
  return limits.map(([name, hard]) => printable(`${name} ${used[name] ?? '?'} of ${hard}`)).join(', ');
}

/** All of one tenant, for a person. */
export function describeTenant(tenant: Tenant, width: number): string {
  const { spec } = tenant;
  const egress = (spec?.egress ?? []).map(({ to, ports }) => {
    const what = to.case === 'namespace' ? `namespace ${to.value}` : (to.value ?? '');
    return printable(`${what}${ports.length > 0 ? ` (ports ${ports.join(', ')})` : ''}`);
  });
  return layFields(
    [
      ['Tenant', printable(tenant.tenant)],
      ['State', tenantStateName(tenant)],
      ['Problems', tenant.problems.map(printable).join('; ')],
      ['Namespace', printable(tenant.namespace)],
      ['Described by', tenant.declared ? "the executor's file" : 'EnsureTenant'],
      ['Quota', usedOf(tenant) || 'none'],
      ['Pools', (spec?.pools ?? []).map(printable).join(', ') || 'all'],
      ['Priorities', (spec?.priorityClasses ?? []).map(printable).join(', ') || "the pools' own"],
      ['Egress', ['DNS', ...egress].join(', ')],
    ],
    width,
  );
}
