import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import {
  type EnsureTenantRequest,
  EnsureTenantRequestSchema,
} from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { parseDocument } from '../config/document.ts';
import { normalize } from './proto-json.ts';

/** A request to describe a tenant, or every problem of its file. */
export type TenantFileResult =
  | { readonly ok: true; readonly request: EnsureTenantRequest }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads an EnsureTenantRequest from YAML or JSON. `tenant`: from the command line; it must agree with the file. */
export function parseTenantFile(text: string, tenant: string): TenantFileResult {
  const document = parseDocument(text);
  if (!document.ok) return document;
  if (document.value === undefined) return refuse('the file is empty');
  const { value, problems } = normalize(EnsureTenantRequestSchema, document.value);
  if (problems.length > 0)
    return {
      ok: false,
      problems: problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
    };
  try {
    const request = fromJson(EnsureTenantRequestSchema, value as JsonValue);
    if (tenant !== '' && request.tenant !== '' && request.tenant !== tenant)
      return refuse(
        `tenant: ${JSON.stringify(request.tenant)} is not ${JSON.stringify(tenant)}, as the command line says`,
      );
    request.tenant ||= tenant;
    return request.tenant === ''
      ? refuse('tenant: is required; or name it on the command line')
      : { ok: true, request };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const refuse = (message: string): TenantFileResult => ({ ok: false, problems: [message] });
