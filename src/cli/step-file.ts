import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import {
  type SubmitStepRequest,
  SubmitStepRequestSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { parseDocument } from '../config/document.ts';
import { normalize } from './proto-json.ts';

/** What the command line adds to a step file. */
export interface StepFileDefaults {
  /** From --tenant: must agree with the file. */
  readonly tenant: string | undefined;
  /** From GLIP_TENANT: for a file that names none. */
  readonly defaultTenant: string | undefined;
  /** For a file that names no run. */
  readonly newRunId: () => string;
}

/** A request to submit, or every problem of its file. */
export type StepFileResult =
  | { readonly ok: true; readonly request: SubmitStepRequest }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads a SubmitStepRequest from YAML or JSON; field names in snake_case or camelCase. What it means is for the server. */
export function parseStepFile(text: string, defaults: StepFileDefaults): StepFileResult {
  const document = parseDocument(text);
  if (!document.ok) return document;
  if (document.value === undefined) return refuse('the file is empty');
  const { value, problems } = normalize(SubmitStepRequestSchema, withoutGlipHeader(document.value));
  const messages = problems.map((problem) =>
    problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`,
  );
  if (messages.length > 0) return { ok: false, problems: messages };
  try {
    const request = fromJson(SubmitStepRequestSchema, value as JsonValue);
    return withKey(request, defaults);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function withKey(
  request: SubmitStepRequest,
  { tenant, defaultTenant, newRunId }: StepFileDefaults,
): StepFileResult {
  const { key } = request;
  if (key === undefined || key.stepId === '') return refuse('key.step_id: is required');
  if (tenant !== undefined && key.tenant !== '' && key.tenant !== tenant) {
    return refuse(`key.tenant: ${JSON.stringify(key.tenant)} is not --tenant ${JSON.stringify(tenant)}`);
  }
  key.tenant ||= tenant ?? defaultTenant ?? '';
  if (key.tenant === '') return refuse('key.tenant: is required; or give --tenant or GLIP_TENANT');
  key.runId ||= newRunId();
  return { ok: true, request };
}

// A GLIP manifest pasted under `invocation` begins with these two, which the typed form implies.
function withoutGlipHeader(document: unknown): unknown {
  if (!isMapping(document) || !isMapping(document.invocation)) return document;
  const { apiVersion, kind, ...invocation } = document.invocation;
  const implied = (apiVersion ?? 'glip/v1') === 'glip/v1' && (kind ?? 'Invocation') === 'Invocation';
  return implied ? { ...document, invocation } : document;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(message: string): StepFileResult {
  return { ok: false, problems: [message] };
}
