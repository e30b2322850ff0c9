/**
 * @typedef {(message: string, fields?: Record<string, unknown>) => void} Say
 * @typedef {{info: Say, warn: Say, error: Say}} Log
 */

/**
 * JSON lines on stdout, each with the ids that lead back to its step.
 * @param {Readonly<Record<string, unknown>>} ids
 * @param {NodeJS.WritableStream} [stream]
 * @returns {Log}
 */
export function createLog(ids, stream = process.stdout) {
  // A reader that goes away must not kill the work: the result counts, not who listens.
  stream.on('error', () => {});
  const say =
    (/** @type {string} */ level) =>
    (/** @type {string} */ message, fields = {}) => {
      const line = { ts: new Date().toISOString(), level, message, ...ids, ...fields };
      stream.write(`${JSON.stringify(line)}\n`);
    };
  return { info: say('info'), warn: say('warn'), error: say('error') };
}

/**
 * The ids of one invocation, as every log line carries them; absent ones are left out.
 * @param {string} agent
 * @param {import('./manifest.mjs').Manifest} manifest
 */
export function logIds(agent, manifest) {
  const observability = manifest.spec.observability ?? {};
  const ids = {
    agent,
    invocation_id: manifest.metadata.invocation_id,
    run_id: manifest.metadata.run_id,
    step_id: manifest.metadata.step_id,
    correlation_id: observability.log_correlation_id,
    trace_id: observability.trace_context?.traceparent?.split('-')[1],
  };
  return Object.fromEntries(Object.entries(ids).filter(([, id]) => id));
}
