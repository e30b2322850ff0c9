import { arch, platform } from 'node:os';

/**
 * What is known of one invocation when its files are written; everything is plain data.
 * @typedef {{
 *   agent: {name: string, version: string},
 *   manifest?: import('./manifest.mjs').Manifest,
 *   manifestSha256?: string,
 *   invocationId?: string,
 *   startedAt: Date,
 *   completedAt: Date,
 *   inputs: readonly import('./inputs.mjs').Input[],
 *   params?: Readonly<Record<string, unknown>>,
 *   output?: import('./manifest.mjs').ManifestOutput,
 *   artifacts: readonly import('./outputs.mjs').Written[],
 *   warnings: readonly string[],
 *   counts: Readonly<Record<string, number>>,
 *   provenance: Readonly<Record<string, unknown>>,
 * }} Facts
 * @typedef {'success' | 'partial' | 'failed'} Status
 * @typedef {import('./agent-error.mjs').AgentError} AgentError
 */

/**
 * result.json: the outcome and where the artifacts are.
 * @param {Facts} facts
 * @param {Status} status
 * @param {AgentError} [error]
 */
export function resultDocument(facts, status, error) {
  const names = facts.artifacts.map(({ name }) => name);
  return {
    apiVersion: 'glip/v1',
    kind: 'Result',
    status,
    ...idsOf(facts),
    started_at: facts.startedAt.toISOString(),
    completed_at: facts.completedAt.toISOString(),
    outputs: facts.output ? [{ ...facts.output, artifacts: names }] : [],
    artifacts: facts.artifacts,
    warnings: facts.warnings,
    metrics: { duration_ms: durationOf(facts), ...facts.counts },
    ...(error ? { error: errorFields(error) } : {}),
  };
}

/**
 * step_metadata.json: how it came about, for audit and for a repetition.
 * @param {Facts} facts
 * @param {Status} status
 * @param {number} exitCode
 */
export function stepMetadataDocument(facts, status, exitCode) {
  const usage = process.resourceUsage();
  return {
    apiVersion: 'glip/v1',
    kind: 'StepMetadata',
    ...idsOf(facts),
    execution: {
      status,
      exit_code: exitCode,
      started_at: facts.startedAt.toISOString(),
      completed_at: facts.completedAt.toISOString(),
      duration_ms: durationOf(facts),
      params: facts.params ?? {},
    },
    inputs_consumed: facts.inputs.map(({ name, uri, sha256, bytes }) => ({
      name,
      artifact_uri: uri,
      sha256,
      size_bytes: bytes.length,
    })),
    outputs_produced: facts.artifacts,
    provenance: {
      manifest_sha256: facts.manifestSha256 ?? null,
      runtime: `node ${process.version}`,
      platform: `${platform()}/${arch()}`,
      ...facts.provenance,
    },
    resource_usage: {
      cpu_user_ms: Math.round(usage.userCPUTime / 1000),
      cpu_system_ms: Math.round(usage.systemCPUTime / 1000),
      max_rss_bytes: usage.maxRSS * 1024,
    },
  };
}

/**
 * error.json
 * @param {Facts} facts
 * @param {AgentError} error
 */
export const errorDocument = (facts, error) => ({
  apiVersion: 'glip/v1',
  kind: 'Error',
  ...idsOf(facts),
  ...errorFields(error),
  details: error.details,
});

/**
 * The few fields for the container's termination message: an executor reads them when the pod and its disk are gone.
 * @param {Facts} facts
 * @param {Status} status
 * @param {AgentError} [error]
 */
export function shortReport(facts, status, error) {
  const { error_type: _type, ...told } = error ? errorFields(error) : { error_type: '' };
  return {
    status,
    agent: facts.agent.name,
    invocation_id: facts.invocationId,
    ...told,
    counts: facts.counts,
  };
}

/** @param {AgentError} error */
const errorFields = (error) => ({
  error_code: error.code,
  error_type: error.type,
  message: error.message,
  retriable: error.retriable,
  suggested_action: error.suggestedAction,
});

/** @param {Facts} facts */
const idsOf = ({ agent, manifest, invocationId }) => ({
  agent,
  invocation_id: invocationId,
  run_id: manifest?.metadata.run_id,
  step_id: manifest?.metadata.step_id,
});

/** @param {Facts} facts */
const durationOf = ({ startedAt, completedAt }) => completedAt.getTime() - startedAt.getTime();
