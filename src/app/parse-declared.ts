import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { TenantSpecSchema } from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { parseDocument } from '../config/document.ts';
import { isRecord } from '../lib/is-record.ts';
import { tenantSpecFromProto } from '../rpc/tenant-from-proto.ts';
import { identifierProblem } from '../step/key.ts';
import { checkSpec } from '../tenant/check-spec.ts';
import type { TenantSpec } from '../tenant/spec.ts';

/** Descriptions by tenant. */
export type Declared = ReadonlyMap<string, TenantSpec>;

/** A file of tenants that cannot be used, with all that is wrong with it. */
export class DeclaredError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the file of tenants cannot be used: ${problems.join('; ')}`);
    this.name = 'DeclaredError';
    this.problems = problems;
  }
}

/**
 * Reads `tenants: {NAME: {...}}`, YAML or JSON, each as the contract's TenantSpec is written in JSON. It is right as a whole, or wrong.
 * @throws DeclaredError with every problem
 */
export function readDeclared(text: string, pools: readonly string[]): Declared {
  const document = parseDocument(text);
  if (!document.ok) throw new DeclaredError(document.problems);
  const { value } = document;
  if (!isRecord(value) || !isRecord(value.tenants) || Object.keys(value).length !== 1)
    throw new DeclaredError(['it must be `tenants:` with a description for each name, and nothing else']);
  const problems: string[] = [];
  const declared = new Map<string, TenantSpec>();
  for (const [tenant, described] of Object.entries(value.tenants)) {
    const path = `tenants.${tenant}`;
    const named = identifierProblem(tenant);
    if (named !== undefined) problems.push(`${path}: is no tenant's id, which ${named}`);
    try {
      const spec = fromJson(TenantSpecSchema, (described ?? {}) as JsonValue);
      const read = tenantSpecFromProto(spec, path);
      const violations = [...read.violations, ...checkSpec(read.spec, pools, path)];
      problems.push(...violations.map(({ field, message }) => `${field}: ${message}`));
      declared.set(tenant, read.spec);
    } catch (error) {
      problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (problems.length > 0) throw new DeclaredError(problems);
  return declared;
}
