import { readFile } from 'node:fs/promises';
import { AgentError } from './agent-error.mjs';
import { sha256 } from './files.mjs';

/**
 * @typedef {{name: string, artifact_uri: string, sha256: string, size_bytes?: number}} ManifestInput
 * @typedef {{name: string, artifact_prefix: string}} ManifestOutput
 * @typedef {{
 *   metadata: {invocation_id: string, run_id?: string, step_id?: string},
 *   spec: {
 *     inputs: readonly ManifestInput[],
 *     outputs: readonly ManifestOutput[],
 *     params: Readonly<Record<string, unknown>>,
 *     observability?: {trace_context?: {traceparent?: string}, log_correlation_id?: string},
 *   },
 * }} Manifest
 */

/**
 * Reads the invocation manifest that GLIP_INPUT_MANIFEST names.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{manifest: Manifest, sha256: string, path: string}>}
 */
export async function readManifest(env) {
  const path = requiredVariable(env, 'GLIP_INPUT_MANIFEST');
  const bytes = await readFile(path).catch((cause) => {
    throw new AgentError('input', 'MANIFEST_UNREADABLE', `the manifest cannot be read: ${cause.message}`, {
      details: { path },
      cause,
    });
  });
  const manifest = parseManifest(bytes.toString('utf8'));
  const expected = requiredVariable(env, 'GLIP_INVOCATION_ID');
  if (manifest.metadata.invocation_id !== expected) {
    throw new AgentError('input', 'INVOCATION_MISMATCH', 'the manifest belongs to another invocation', {
      details: { manifest: manifest.metadata.invocation_id, environment: expected },
    });
  }
  return { manifest, sha256: sha256(bytes), path };
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 */
export function requiredVariable(env, name) {
  const value = env[name];
  if (value) return value;
  throw new AgentError('input', 'ENVIRONMENT_INCOMPLETE', `${name} is not set`, {
    details: { variable: name },
  });
}

/**
 * Checks what an agent relies on and says everything that is wrong at once.
 * @param {string} text
 * @returns {Manifest}
 */
export function parseManifest(text) {
  const value = parseJson(text);
  /** @type {string[]} */
  const problems = [];
  if (value?.apiVersion !== 'glip/v1') problems.push('apiVersion: must be "glip/v1"');
  if (value?.kind !== 'Invocation') problems.push('kind: must be "Invocation"');
  if (!isText(value?.metadata?.invocation_id)) problems.push('metadata.invocation_id: must be a text');
  const inputs = value?.spec?.inputs ?? [];
  const outputs = value?.spec?.outputs ?? [];
  const params = value?.spec?.params ?? {};
  problems.push(...inputProblems(inputs), ...outputProblems(outputs));
  if (!isRecord(params)) problems.push('spec.params: must be an object');
  if (problems.length > 0) {
    throw new AgentError('input', 'MANIFEST_INVALID', `the manifest is invalid: ${problems.join('; ')}`, {
      details: { problems },
    });
  }
  return { ...value, spec: { ...value.spec, inputs, outputs, params } };
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AgentError('input', 'MANIFEST_INVALID', 'the manifest is not JSON', { cause });
  }
}

/** @param {unknown} inputs */
function inputProblems(inputs) {
  if (!Array.isArray(inputs)) return ['spec.inputs: must be a list'];
  return inputs.flatMap((input, i) => [
    ...nameProblems('inputs', inputs, i),
    ...(isText(input?.artifact_uri) ? [] : [`spec.inputs[${i}].artifact_uri: must be a URI`]),
    ...(/^[0-9a-f]{64}$/.test(input?.sha256)
      ? []
      : [`spec.inputs[${i}].sha256: must be 64 hexadecimal digits`]),
  ]);
}

/** @param {unknown} outputs */
function outputProblems(outputs) {
  if (!Array.isArray(outputs)) return ['spec.outputs: must be a list'];
  return outputs.flatMap((output, i) => [
    ...nameProblems('outputs', outputs, i),
    ...(isText(output?.artifact_prefix) && output.artifact_prefix.endsWith('/')
      ? []
      : [`spec.outputs[${i}].artifact_prefix: must be a URI that ends with "/"`]),
  ]);
}

/**
 * @param {string} list
 * @param {any[]} items
 * @param {number} i
 */
function nameProblems(list, items, i) {
  const name = items[i]?.name;
  if (!isText(name)) return [`spec.${list}[${i}].name: must be a text`];
  const first = items.findIndex((other) => other?.name === name);
  return first === i ? [] : [`spec.${list}[${i}].name: ${name} is there already`];
}

/** @param {unknown} value */
const isText = (value) => typeof value === 'string' && value !== '';

/** @param {unknown} value */
const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
