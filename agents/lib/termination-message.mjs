import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** What Kubernetes keeps of the file; the rest is cut off, mid-JSON. */
export const TERMINATION_MESSAGE_LIMIT = 4096;

const DEFAULT_PATH = '/dev/termination-log';

/**
 * Shortens a report until its JSON fits the limit, giving up what matters least first. `status` always stays.
 * @param {Readonly<Record<string, unknown>>} report
 * @param {number} [limit] bytes
 */
export function terminationText(report, limit = TERMINATION_MESSAGE_LIMIT) {
  let kept = { ...report };
  for (const expendable of ['counts', 'suggested_action', 'message']) {
    const text = JSON.stringify(kept);
    const excess = Buffer.byteLength(text) - limit;
    if (excess <= 0) return text;
    const value = kept[expendable];
    if (typeof value === 'string') kept[expendable] = cutText(value, excess);
    else kept = without(kept, expendable);
  }
  const text = JSON.stringify(kept);
  return Buffer.byteLength(text) <= limit ? text : JSON.stringify({ status: report.status });
}

/**
 * Cuts the excess and a little more for the ellipsis; a byte may cost six in JSON, which only makes it shorter.
 * @param {string} value
 * @param {number} excess bytes
 */
function cutText(value, excess) {
  const room = Math.max(0, Buffer.byteLength(value) - excess - 3);
  // A cut inside a character leaves U+FFFD at the end, which is longer than what it replaces.
  return `${Buffer.from(value)
    .subarray(0, room)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}…`;
}

/**
 * @param {Record<string, unknown>} record
 * @param {string} key
 */
const without = (record, key) => Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));

/**
 * Leaves the last word of the container where the kubelet reads it. Best effort: it is a copy of result.json.
 * The default path is only written when it exists, because there the kubelet has mounted it.
 * @param {string} text
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string | undefined>} why it was not written
 */
export async function writeTerminationMessage(text, env) {
  const given = env.TERMINATION_MESSAGE_PATH;
  const create = given ? constants.O_CREAT : 0;
  try {
    const file = await open(given || DEFAULT_PATH, constants.O_WRONLY | constants.O_TRUNC | create, 0o644);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
