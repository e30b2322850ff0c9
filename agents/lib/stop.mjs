import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';

/** Thrown by work that was asked to stop; carries what a later attempt needs to go on (null: it starts afresh). */
export class StoppedEarly extends Error {
  /**
   * @param {number} done
   * @param {number} total
   * @param {unknown} state JSON, or null
   */
  constructor(done, total, state) {
    super(`stopped after ${done} of ${total}`);
    this.done = done;
    this.total = total;
    this.state = state;
  }
}

/**
 * Turns the first SIGTERM or SIGINT into an AbortSignal. The second one has its default effect, for the impatient.
 * @returns {AbortSignal}
 */
export function listenForStop() {
  const stop = new AbortController();
  for (const name of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
    process.once(name, () => stop.abort(name));
  }
  return stop.signal;
}

/**
 * Visits rows one by one, tells progress ten times at most, and stops between two rows when asked to.
 * @template Row
 * @param {{stop: AbortSignal, log: import('./log.mjs').Log, pauseMs: number}} pace
 * @param {readonly Row[]} rows
 * @param {number} from index of the first row that is not done yet
 * @param {(row: Row, index: number) => void} visit
 * @param {() => unknown} checkpoint state in which all rows before the next are done
 */
export async function eachRow(pace, rows, from, visit, checkpoint) {
  const stride = Math.max(1, Math.ceil(rows.length / 10));
  for (const [index, row] of rows.entries()) {
    if (index < from) continue;
    if (pace.stop.aborted) throw new StoppedEarly(index, rows.length, checkpoint());
    visit(row, index);
    const done = index + 1;
    if (done % stride === 0 || done === rows.length) {
      pace.log.info('progress', { progress: { done, total: rows.length } });
    }
    await pause(pace);
  }
  if (pace.stop.aborted) throw new StoppedEarly(rows.length, rows.length, checkpoint());
}

/**
 * Even without a pause the event loop gets its turn: signals are delivered there.
 * @param {{stop: AbortSignal, pauseMs: number}} pace
 */
async function pause({ stop, pauseMs }) {
  if (pauseMs === 0) return turn();
  await wait(pauseMs, undefined, { signal: stop }).catch((error) => {
    if (!stop.aborted) throw error;
  });
}
