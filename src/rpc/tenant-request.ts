import {
  type EnsureTenantRequest,
  EnsureTenantRequestSchema,
  type ListTenantsRequest,
} from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { newerFields } from '../job/manifest-reader.ts';
import { invalidRequest, type Violation } from '../step/errors.ts';
import { identifierProblem } from '../step/key.ts';
import { checkSpec } from '../tenant/check-spec.ts';
import type { TenantSpec } from '../tenant/spec.ts';
import { tenantSpecFromProto } from './tenant-from-proto.ts';
import { unknownFields } from './unknown-fields.ts';

/** The tenant and its description, or INVALID_ARGUMENT with all that is wrong. `pools`: those of this executor. */
export function parseEnsure(
  request: EnsureTenantRequest,
  pools: readonly string[],
): { readonly tenant: string; readonly spec: TenantSpec } {
  const violations: Violation[] = [...tenantProblems(request.tenant)];
  if (request.spec === undefined) violations.push({ field: 'spec', message: 'is required; it may be empty' });
  const unsupported: Violation[] = [...newerFields(unknownFields(EnsureTenantRequestSchema, request))];
  const read = request.spec && tenantSpecFromProto(request.spec, 'spec');
  if (read !== undefined) {
    violations.push(...checkSpec(read.spec, pools, 'spec'));
    unsupported.push(...read.violations);
  }
  if (violations.length > 0) throw invalidRequest([...unsupported, ...violations]);
  if (unsupported.length > 0 || read === undefined) throw invalidRequest(unsupported, 'UNSUPPORTED_OPTION');
  return { tenant: request.tenant, spec: read.spec };
}

/** A tenant's name that is valid, or INVALID_ARGUMENT. */
export function requireTenant(tenant: string): string {
  const violations = tenantProblems(tenant);
  if (violations.length > 0) throw invalidRequest(violations);
  return tenant;
}

function tenantProblems(tenant: string): readonly Violation[] {
  const message = tenant === '' ? 'is required' : identifierProblem(tenant);
  return message === undefined ? [] : [{ field: 'tenant', message }];
}

const maxPage = 1_000;
const defaultPage = 100;

/** How many tenants, and behind which one. */
export function parsePage({ pageSize, pageToken }: ListTenantsRequest): {
  readonly size: number;
  readonly after: string;
} {
  const violations: Violation[] = [];
  if (pageSize < 0 || pageSize > maxPage)
    violations.push({ field: 'page_size', message: `must be from 1 to ${maxPage}, or 0 for ${defaultPage}` });
  const after = pageToken === '' ? '' : readToken(pageToken);
  if (after === undefined) violations.push({ field: 'page_token', message: 'is not of this call' });
  if (violations.length > 0 || after === undefined) throw invalidRequest(violations);
  return { size: pageSize || defaultPage, after };
}

export const printToken = (last: string): string => Buffer.from(`t1.${last}`).toString('base64url');

function readToken(token: string): string | undefined {
  const [version, after = ''] = Buffer.from(token.slice(0, 256), 'base64url').toString('utf8').split('.');
  return version === 't1' && identifierProblem(after) === undefined ? after : undefined;
}
