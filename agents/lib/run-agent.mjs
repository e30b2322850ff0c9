import { AgentError } from './agent-error.mjs';
import { checkpointArtifact, stateFromCheckpoint } from './checkpoint.mjs';
import { conclude } from './conclude.mjs';
import { readInputs } from './inputs.mjs';
import { createLog, logIds } from './log.mjs';
import { readManifest, requiredVariable } from './manifest.mjs';
import { outputOf, publishArtifacts, writeArtifacts } from './outputs.mjs';
import { parseParams } from './params.mjs';
import { listenForStop, StoppedEarly } from './stop.mjs';

/**
 * What the work gets to see: verified inputs, checked parameters, and nothing of files or processes.
 * @typedef {{
 *   inputs: Readonly<Record<string, import('./inputs.mjs').Input>>,
 *   params: Readonly<Record<string, any>>,
 *   log: import('./log.mjs').Log,
 *   stop: AbortSignal,
 *   pauseMs: number,
 *   resumeFrom: any,
 * }} Step
 *
 * `counts` are told everywhere, also in 4 KiB; `provenance` goes to step_metadata.json.
 * @typedef {{
 *   artifacts: readonly import('./outputs.mjs').Artifact[],
 *   counts: Readonly<Record<string, number>>,
 *   warnings?: readonly string[],
 *   provenance?: Readonly<Record<string, unknown>>,
 * }} Work
 *
 * @typedef {{
 *   name: string,
 *   version: string,
 *   inputs: Readonly<Record<string, {required: boolean}>>,
 *   output: string,
 *   params: Readonly<Record<string, import('./params.mjs').Param>>,
 *   work: (step: Step) => Promise<Work>,
 * }} Agent
 * @typedef {import('./report.mjs').Facts} Facts
 */

/**
 * Runs one invocation from its manifest to its exit code. Never throws; the exit code is set, not forced, so that
 * everything written to stdout still gets out.
 * @param {Agent} agent
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function runAgent(agent, env = process.env) {
  const stop = listenForStop();
  /** @type {Facts} */
  const facts = {
    agent: { name: agent.name, version: agent.version },
    invocationId: env.GLIP_INVOCATION_ID,
    startedAt: new Date(),
    completedAt: new Date(),
    inputs: [],
    artifacts: [],
    warnings: [],
    counts: {},
    provenance: {},
  };
  /** @type {import('./report.mjs').Status} */
  let status = 'failed';
  /** @type {AgentError | undefined} */
  let error;
  try {
    status = await attempt(agent, env, stop, facts);
  } catch (thrown) {
    error = AgentError.from(thrown);
  }
  process.exitCode = await conclude(facts, status, error, env);
}

/**
 * Everything that may fail, in the order in which it must be right. Fills `facts` as it goes, so that a failure
 * still tells what was known.
 * @param {Agent} agent
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} stop
 * @param {Facts} facts
 * @returns {Promise<import('./report.mjs').Status>}
 */
async function attempt(agent, env, stop, facts) {
  const directory = requiredVariable(env, 'GLIP_OUTPUT_DIR');
  const { manifest, sha256 } = await readManifest(env);
  Object.assign(facts, { manifest, manifestSha256: sha256 });
  const log = createLog(logIds(agent.name, manifest));
  log.info('started', { version: agent.version, manifest_sha256: sha256 });
  facts.params = parseParams(agent.params, manifest.spec.params);
  facts.output = outputOf(agent.output, manifest.spec.outputs);
  const inputs = await readInputs(agent.inputs, manifest.spec.inputs);
  facts.inputs = Object.values(inputs);
  log.info('inputs verified', {
    inputs: facts.inputs.map(({ name, bytes }) => ({ name, size_bytes: bytes.length })),
  });
  const resumeFrom = stateFromCheckpoint(facts.agent, inputs);
  const step = {
    inputs,
    params: facts.params,
    log,
    stop,
    pauseMs: facts.params.pause_ms_per_row ?? 0,
    resumeFrom,
  };
  const { status, work } = await workOrCheckpoint(agent, /** @type {Step} */ (step), facts);
  facts.counts = work.counts;
  facts.provenance = work.provenance ?? {};
  const written = await writeArtifacts(directory, work.artifacts);
  const { run_id, step_id } = manifest.metadata;
  const about = { status, invocation_id: facts.invocationId, run_id, step_id, agent: facts.agent };
  const published = await publishArtifacts(facts.output, work.artifacts, written, about);
  facts.artifacts = published.written;
  facts.warnings = [...(work.warnings ?? []), ...(published.warning ? [published.warning] : [])];
  log.info('artifacts written', { artifacts: facts.artifacts, counts: facts.counts });
  return status;
}

/**
 * @param {Agent} agent
 * @param {Step} step
 * @param {Facts} facts
 * @returns {Promise<{status: 'success' | 'partial', work: Work}>}
 */
async function workOrCheckpoint(agent, step, facts) {
  try {
    return { status: 'success', work: await agent.work(step) };
  } catch (thrown) {
    if (!(thrown instanceof StoppedEarly)) throw thrown;
    step.log.warn('stopping', {
      signal: step.stop.reason,
      progress: { done: thrown.done, total: thrown.total },
    });
    const artifacts = thrown.state ? [checkpointArtifact(facts.agent, facts.inputs, thrown.state)] : [];
    const counts = { rows_done: thrown.done, rows_total: thrown.total };
    return {
      status: 'partial',
      work: { artifacts, counts, warnings: [`${step.stop.reason}: ${thrown.message}`] },
    };
  }
}
