import { AgentError } from './agent-error.mjs';
import { jsonText } from './files.mjs';

/**
 * @typedef {import('./inputs.mjs').Input} Input
 * @typedef {{name: string, version: string}} AgentId
 */

/**
 * What a stopped attempt leaves for the next one: its state, and what that state was made of.
 * @param {AgentId} agent
 * @param {readonly Input[]} inputs
 * @param {unknown} state
 * @returns {import('./outputs.mjs').Artifact}
 */
export const checkpointArtifact = (agent, inputs, state) => ({
  name: 'checkpoint',
  file: 'checkpoint.json',
  mediaType: 'application/json',
  bytes: jsonText({ schema: 'checkpoint/v1', agent, inputs: checksumsOf(inputs), state }),
});

/**
 * The state to go on from, if the invocation brings a checkpoint. One of other bytes or another version is refused:
 * to go on from it would mix two computations.
 * @param {AgentId} agent
 * @param {Readonly<Record<string, Input>>} inputs
 * @returns {any}
 */
export function stateFromCheckpoint(agent, inputs) {
  const { checkpoint, ...others } = inputs;
  if (!checkpoint) return undefined;
  const { state, ...about } = parse(checkpoint.bytes.toString('utf8'));
  const expected = { schema: 'checkpoint/v1', agent, inputs: checksumsOf(Object.values(others)) };
  if (state && JSON.stringify(about) === JSON.stringify(expected)) return state;
  throw new AgentError(
    'input',
    'CHECKPOINT_FOREIGN',
    'the checkpoint belongs to other inputs or another agent',
    {
      details: { expected, actual: about },
      action: 'Leave the checkpoint out: the step then starts afresh.',
    },
  );
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch (cause) {
    throw new AgentError('input', 'CHECKPOINT_UNREADABLE', 'the checkpoint is not JSON', { cause });
  }
}

/** @param {readonly Input[]} inputs */
const checksumsOf = (inputs) =>
  Object.fromEntries(
    inputs
      .filter(({ name }) => name !== 'checkpoint')
      .map(({ name, sha256 }) => [name, sha256])
      .sort(),
  );
