import { readFile, stat } from 'node:fs/promises';
import { AgentError } from './agent-error.mjs';
import { pathFromUri } from './artifact-uri.mjs';
import { sha256 } from './files.mjs';

/**
 * @typedef {{name: string, uri: string, sha256: string, bytes: Buffer}} Input
 * @typedef {import('./manifest.mjs').ManifestInput} ManifestInput
 */

/** These agents hold an input in memory; what is larger belongs in another tool, not in an out-of-memory kill. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/**
 * Reads what the agent takes, and proves each byte by its checksum before anything looks at it.
 * @param {Readonly<Record<string, {required: boolean}>>} wanted by input name
 * @param {readonly ManifestInput[]} given
 * @returns {Promise<Readonly<Record<string, Input>>>}
 */
export async function readInputs(wanted, given) {
  const known = Object.keys(wanted);
  const problems = [
    ...given.filter(({ name }) => !known.includes(name)).map(({ name }) => `input ${name} is unknown`),
    ...known
      .filter((name) => wanted[name]?.required && !given.some((input) => input.name === name))
      .map((name) => `input ${name} is missing`),
  ];
  if (problems.length > 0) {
    throw new AgentError('input', 'INPUTS_INVALID', problems.join('; '), { details: { problems, known } });
  }
  const read = await Promise.all(given.map(readInput));
  return Object.freeze(Object.fromEntries(read.map((input) => [input.name, input])));
}

/**
 * @param {ManifestInput} input
 * @returns {Promise<Input>}
 */
async function readInput({ name, artifact_uri: uri, sha256: expected }) {
  const path = pathFromUri(uri);
  const bytes = await readBounded(path, uri).catch((cause) => {
    if (cause?.code !== 'ENOENT') throw cause;
    throw new AgentError('upstream', 'INPUT_MISSING', `input ${name}: there is no ${uri}`, {
      details: { name, uri },
      action: 'Make sure that the step that produces it has finished, then retry.',
      cause,
    });
  });
  const actual = sha256(bytes);
  if (actual === expected) return { name, uri, sha256: actual, bytes };
  throw new AgentError(
    'checksum',
    'CHECKSUM_MISMATCH',
    `input ${name} is not the artifact that was promised`,
    {
      details: { name, uri, expected, actual, size_bytes: bytes.length },
    },
  );
}

/**
 * @param {string} path
 * @param {string} uri
 */
async function readBounded(path, uri) {
  const { size } = await stat(path);
  if (size <= MAX_INPUT_BYTES) return readFile(path);
  throw new AgentError(
    'resources',
    'INPUT_TOO_LARGE',
    `${uri} has ${size} bytes, more than ${MAX_INPUT_BYTES}`,
    {
      details: { uri, size_bytes: size, limit_bytes: MAX_INPUT_BYTES },
      action: 'Split the input.',
    },
  );
}
