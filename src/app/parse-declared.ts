import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { TenantSpecSchema } from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { parseDocument } from '../config/document.ts';
import { isRecord } from '../lib/is-record.ts';
import { UnusableFile } from '../lib/unusable-file.ts';
import { tenantSpecFromProto } from '../rpc/tenant-from-proto.ts';
import { identifierProblem } from '../step/key.ts';
import { checkSpec } from '../tenant/check-spec.ts';
import type { TenantSpec } from '../tenant/spec.ts';

/** Descriptions by tenant. */
export type Declared = ReadonlyMap<string, TenantSpec>;

/**
 * Reads `tenants: {NAME: {...}}`, YAML or JSON, each as the contract's TenantSpec is written in JSON. It is right as a whole, or wrong.
 * @throws UnusableFile with every problem
 */
export function readDeclared(text: string, pools: readonly string[]): Declared {
  const document = parseDocument(text);
  if (!document.ok) throw unusable(document.problems);
  const { value } = document;
  if (!isRecord(value) || !isRecord(value.tenants) || Object.keys(value).length !== 1)
    throw unusable(['it must be `tenants:` with a description for each name, and nothing else']);
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
  if (problems.length > 0) throw unusable(problems);
  return declared;
}

const unusable = (problems: readonly string[]): UnusableFile =>
  new UnusableFile('the file of tenants', problems);
