import { join } from 'node:path';
import { AgentError } from './agent-error.mjs';
import { EXIT } from './exit-codes.mjs';
import { jsonText, writeWhole } from './files.mjs';
import { createLog, logIds } from './log.mjs';
import { errorDocument, resultDocument, shortReport, stepMetadataDocument } from './report.mjs';
import { terminationText, writeTerminationMessage } from './termination-message.mjs';

/** @typedef {import('./report.mjs').Facts} Facts */

/**
 * Writes the reports, result.json last, and the termination message even when the disk refuses everything else.
 * @param {Facts} facts
 * @param {import('./report.mjs').Status} status
 * @param {AgentError | undefined} error
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} the exit code
 */
export async function conclude(facts, status, error, env) {
  facts.completedAt = new Date();
  const log = createLog(
    facts.manifest ? logIds(facts.agent.name, facts.manifest) : { agent: facts.agent.name },
  );
  let told = error;
  try {
    await writeReports(facts, status, error, env.GLIP_OUTPUT_DIR);
  } catch (thrown) {
    // The first cause is the one worth telling.
    told ??= AgentError.from(thrown);
  }
  const said = told ? 'failed' : status;
  if (told) log.error('failed', { error_code: told.code, error: told.message, details: told.details });
  else log.info('finished', { status: said, counts: facts.counts });
  const unwritten = await writeTerminationMessage(terminationText(shortReport(facts, said, told)), env);
  if (unwritten && env.TERMINATION_MESSAGE_PATH) log.warn('no termination message', { reason: unwritten });
  return told ? told.exitCode : EXIT.success;
}

/**
 * @param {Facts} facts
 * @param {import('./report.mjs').Status} status
 * @param {AgentError | undefined} error
 * @param {string | undefined} directory
 */
async function writeReports(facts, status, error, directory) {
  if (!directory) return;
  const exitCode = error ? error.exitCode : EXIT.success;
  if (error) await writeWhole(join(directory, 'error.json'), jsonText(errorDocument(facts, error)));
  const metadata = stepMetadataDocument(facts, status, exitCode);
  await writeWhole(join(directory, 'step_metadata.json'), jsonText(metadata));
  await writeWhole(join(directory, 'result.json'), jsonText(resultDocument(facts, status, error)));
}
