import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AgentError } from '../../lib/agent-error.mjs';
import { jsonText, writeWhole } from '../../lib/files.mjs';
import { createLog, logIds } from '../../lib/log.mjs';
import { readManifest, requiredVariable } from '../../lib/manifest.mjs';
import { parseParams } from '../../lib/params.mjs';
import { terminationText, writeTerminationMessage } from '../../lib/termination-message.mjs';
import { allocate, leaveChild, writeLogLines, writeMegabytes } from './burdens.mjs';
import { echoOf } from './echo.mjs';
import { PROBE_PARAMS } from './params.mjs';

/**
 * @typedef {{log: import('../../lib/log.mjs').Log, params: Readonly<Record<string, any>>, echo: Record<string, unknown>, directory: string}} Probe
 * @typedef {{status: 'success' | 'partial' | 'failed', exitCode: number, reason?: string}} End
 */

const AGENT = { name: 'TEST.PROBE', version: '1.0.0' };

// The end is forced here, unlike in the real agents: memory, a pending wait or a full pipe must not delay it.
process.exit(await main().catch(refused));

/** @returns {Promise<number>} the exit code */
async function main() {
  const told = toldToStop();
  const probe = await prepare();
  const stopping = told.then(() => stopped(probe));
  const first = await Promise.race([burden(probe), stopping]);
  // Work that ends while the probe is stopping does not turn the stop into a success.
  const end = told.happened && probe.params.on_sigterm !== 'ignore' ? await stopping : first;
  await report(probe, end);
  if (probe.params.signal && end.status !== 'partial') await dieOf(probe.params.signal);
  return end.exitCode;
}

/**
 * Listens from the first moment on: a SIGTERM that comes while the manifest is read counts as well.
 * @returns {Promise<void> & {happened: boolean}}
 */
function toldToStop() {
  const told = Object.assign(
    new Promise((/** @type {(value: void) => void} */ resolve) => {
      process.on('SIGTERM', () => {
        told.happened = true;
        resolve();
      });
    }),
    { happened: false },
  );
  return told;
}

/**
 * Ends by a signal with its default effect. In a container without an init process this has none: the kernel protects
 * process 1 from its own signals, and the probe then ends with its exit code.
 * @param {NodeJS.Signals} signal
 */
async function dieOf(signal) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Delivery is not immediate; without a wait the probe would exit first.
  await wait(2_000);
}

/** @returns {Promise<Probe>} */
async function prepare() {
  const read = await readManifest(process.env);
  const directory = requiredVariable(process.env, 'GLIP_OUTPUT_DIR');
  const log = createLog(logIds(AGENT.name, read.manifest));
  const params = parseParams(PROBE_PARAMS, read.manifest.spec.params);
  const echo = await echoOf(process.env, read);
  log.info('echo', { echo });
  return { log, params, echo, directory };
}

/**
 * @param {Probe} probe
 * @returns {Promise<End>}
 */
async function burden({ log, params, echo, directory }) {
  await writeLogLines(params.log_lines, params.log_line_bytes);
  if (params.write_mb > 0) await writeMegabytes(directory, params.write_mb);
  if (params.orphan_ms > 0) echo.orphan_pid = leaveChild(params.orphan_ms, params.orphan_holds_output);
  const held = allocate(params.allocate_mb);
  log.info('running', { run_ms: params.run_ms, held_mb: held.length, orphan_pid: echo.orphan_pid });
  await wait(params.run_ms);
  // Said here so that the memory is certainly held until now.
  log.info('ran', { held_mb: held.length });
  const exitCode = params.exit_code;
  return exitCode === 0
    ? { status: 'success', exitCode }
    : { status: 'failed', exitCode, reason: `exit ${exitCode}` };
}

/**
 * @param {Probe} probe
 * @returns {Promise<End>}
 */
async function stopped({ log, params }) {
  log.warn('stopping', { signal: 'SIGTERM', on_sigterm: params.on_sigterm });
  if (params.on_sigterm === 'ignore') return new Promise(() => {});
  if (params.on_sigterm === 'die') await dieOf('SIGTERM');
  await wait(params.sigterm_delay_ms);
  if (params.on_sigterm === 'fail') return { status: 'failed', exitCode: 1, reason: 'SIGTERM' };
  return { status: 'partial', exitCode: 0, reason: 'SIGTERM' };
}

/**
 * @param {Probe} probe
 * @param {End} end
 */
async function report({ log, params, echo, directory }, { status, exitCode, reason }) {
  log.info('ending', { status, exit_code: exitCode });
  const message = params.termination_message;
  if (message !== null) await writeTerminationMessage(message, process.env);
  if (!params.report) return;
  const failure =
    status === 'failed' ? { error_code: `PROBE_EXIT_${exitCode}`, message: reason, retriable: false } : {};
  const result = { apiVersion: 'glip/v1', kind: 'Result', status, agent: AGENT, ...failure, echo };
  await writeWhole(join(directory, 'result.json'), jsonText(result));
  if (status === 'failed')
    await writeWhole(join(directory, 'error.json'), jsonText({ ...failure, details: {} }));
  const short = { status, agent: AGENT.name, ...failure, counts: { log_lines: params.log_lines }, echo };
  if (message === null) await writeTerminationMessage(terminationText(short), process.env);
}

/**
 * The probe's own instructions are wrong: say so as any agent would.
 * @param {unknown} thrown
 * @returns {Promise<number>}
 */
async function refused(thrown) {
  const error = AgentError.from(thrown);
  createLog({ agent: AGENT.name }).error('failed', { error_code: error.code, error: error.message });
  const short = {
    status: 'failed',
    error_code: error.code,
    message: error.message,
    retriable: error.retriable,
  };
  await writeTerminationMessage(terminationText(short), process.env);
  return error.exitCode;
}
