import { hash } from 'node:crypto';
import { canonicalJson } from '../lib/canonical-json.ts';
import type { JsonValue } from '../lib/json-text.ts';
import type { StepKey } from '../step/key.ts';
import type { Options } from './options.ts';

/**
 * What SubmitStep compares: SHA-256 in hexadecimal over the RFC 8785 form of key, manifest and options. Defaults of the executor are no
 * part of it, nor is the trace context: a retry from another span, or after a change of configuration, is still the same step.
 */
export function specHash(key: StepKey, manifest: JsonValue, options: Options): string {
  const said = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => name !== 'unsupported' && isSaid(value)),
  );
  const value = {
    version: 1,
    key: [key.tenant, key.runId, key.stepId, key.attempt],
    manifest: withoutTrace(manifest),
    options: JSON.parse(JSON.stringify(said)) as JsonValue,
  };
  return hash('sha256', canonicalJson(value), 'hex');
}

/** An option that later versions add must not change the hash of those who do not use it. */
function isSaid(value: unknown): boolean {
  if (value === undefined || value === '' || value === false) return false;
  return typeof value !== 'object' || value === null || Object.values(value).some((v) => v !== undefined);
}

function withoutTrace(manifest: JsonValue): JsonValue {
  return without(manifest, ['spec', 'observability', 'trace_context']);
}

function without(value: JsonValue, path: readonly string[]): JsonValue {
  const [name, ...rest] = path;
  if (name === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value as Readonly<Record<string, JsonValue>>);
  return Object.fromEntries(
    members.flatMap(([k, v]) => (k !== name ? [[k, v]] : rest.length === 0 ? [] : [[k, without(v, rest)]])),
  );
}
