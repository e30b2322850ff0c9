import { AgentError } from '../lib/agent-error.mjs';

/** @typedef {import('./tables.mjs').Cleaned} Cleaned */

/**
 * How good the input was, in numbers.
 * @param {Cleaned} cleaned
 */
export function qualityOf({ rows, rejected }) {
  const reasons = rejected.flatMap((row) => row.reasons);
  const total = rows.length + rejected.length;
  const dates = rows.map(({ date }) => date).sort();
  return {
    schema: 'activity-quality/v1',
    rows_total: total,
    rows_accepted: rows.length,
    rows_rejected: rejected.length,
    rows_normalised: rows.filter(({ changes }) => changes.length > 0).length,
    rejected_ratio: total === 0 ? 0 : Number((rejected.length / total).toFixed(4)),
    first_date: dates[0] ?? null,
    last_date: dates.at(-1) ?? null,
    reasons: tally(reasons),
    normalised_columns: tally(rows.flatMap(({ changes }) => changes)),
    rows_by_activity: tally(rows.map(({ activity }) => activity)),
  };
}

/**
 * Refuses an input that is so bad that its sums would mislead.
 * @param {ReturnType<typeof qualityOf>} quality
 * @param {number} maxRejectedRatio
 */
export function demandQuality(quality, maxRejectedRatio) {
  const { rows_total: total, rows_rejected: rejected, reasons } = quality;
  if (total === 0) throw new AgentError('input', 'INPUT_EMPTY', 'the input has no rows');
  if (rejected <= total * maxRejectedRatio) return;
  const message = `${rejected} of ${total} rows are unusable, more than the ${maxRejectedRatio} that is allowed`;
  throw new AgentError('input', 'INPUT_QUALITY_TOO_LOW', message, {
    details: { rows_total: total, rows_rejected: rejected, max_rejected_ratio: maxRejectedRatio, reasons },
    action: 'Correct the rows at their source, or allow more by max_rejected_ratio.',
  });
}

/**
 * @param {readonly string[]} words
 * @returns {Record<string, number>} in the order of the alphabet, so that equal inputs give equal bytes
 */
function tally(words) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
