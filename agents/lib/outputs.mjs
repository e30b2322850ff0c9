import { join } from 'node:path';
import { AgentError } from './agent-error.mjs';
import { isFileUri, pathFromUri } from './artifact-uri.mjs';
import { jsonText, sha256, writeWhole } from './files.mjs';

/**
 * @typedef {{name: string, file: string, mediaType: string, bytes: string}} Artifact
 * @typedef {{name: string, path: string, sha256: string, size_bytes: number, media_type: string, uri?: string}} Written
 * @typedef {import('./manifest.mjs').ManifestOutput} ManifestOutput
 */

/**
 * The place for the agent's one output, where the manifest names one.
 * @param {string} name the output that this agent has
 * @param {readonly ManifestOutput[]} given
 * @returns {ManifestOutput | undefined}
 */
export function outputOf(name, given) {
  const unknown = given.filter((output) => output.name !== name).map((output) => output.name);
  if (unknown.length === 0) return given[0];
  throw new AgentError(
    'input',
    'OUTPUTS_INVALID',
    `unknown output ${unknown.join(', ')}; this agent has ${name}`,
    {
      details: { unknown, known: [name] },
    },
  );
}

/**
 * Writes the artifacts below the output directory and says what they are.
 * @param {string} directory GLIP_OUTPUT_DIR
 * @param {readonly Artifact[]} artifacts
 * @returns {Promise<Written[]>}
 */
export async function writeArtifacts(directory, artifacts) {
  return Promise.all(
    artifacts.map(async ({ name, file, mediaType, bytes }) => {
      await writeWhole(join(directory, 'artifacts', file), bytes);
      return {
        name,
        path: `artifacts/${file}`,
        sha256: sha256(bytes),
        size_bytes: Buffer.byteLength(bytes),
        media_type: mediaType,
      };
    }),
  );
}

/**
 * Copies the artifacts to where the next step reads them. The manifest comes last: where it is, everything is.
 * @param {ManifestOutput | undefined} output
 * @param {readonly Artifact[]} artifacts
 * @param {readonly Written[]} written the same artifacts, in the same order
 * @param {Readonly<Record<string, unknown>>} about who made them, and whether they are all
 * @returns {Promise<{written: readonly Written[], warning?: string}>}
 */
export async function publishArtifacts(output, artifacts, written, about) {
  if (!output)
    return { written, warning: 'the manifest names no output: artifacts stay in the output directory' };
  if (!isFileUri(output.artifact_prefix)) {
    const warning = `${output.artifact_prefix} is no file:// prefix: artifacts stay in the output directory`;
    return { written, warning };
  }
  const directory = pathFromUri(output.artifact_prefix);
  await Promise.all(artifacts.map(({ file, bytes }) => writeWhole(join(directory, file), bytes)));
  const published = written.map((artifact, i) => ({
    ...artifact,
    uri: uriOf(output, artifacts[i]?.file ?? ''),
  }));
  const entries = published.map(({ path: _path, ...entry }) => entry);
  const manifest = {
    apiVersion: 'glip/v1',
    kind: 'ArtifactManifest',
    ...about,
    output: output.name,
    artifacts: entries,
  };
  await writeWhole(join(directory, 'manifest.json'), jsonText(manifest));
  return { written: published };
}

/**
 * @param {ManifestOutput} output
 * @param {string} file
 */
const uriOf = (output, file) => `${output.artifact_prefix}${encodeURIComponent(file)}`;
