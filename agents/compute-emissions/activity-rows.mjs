import { AgentError } from '../lib/agent-error.mjs';
import { parseDecimal } from '../lib/decimal.mjs';

/**
 * @typedef {{line: number, site: string, date: string, month: string, activity: string, amount: string, unit: string}} ActivityRow
 */

const TEXTS = /** @type {const} */ (['site', 'activity', 'unit']);

/**
 * Reads cleaned.json. It comes from another step, perhaps from another version of it: nothing is taken on trust.
 * @param {Buffer} bytes
 * @returns {ActivityRow[]}
 */
export function activityRowsOf(bytes) {
  const document = parse(bytes);
  const rows = Array.isArray(document?.rows) ? document.rows : [];
  const problems = [
    ...(document?.schema === 'activity-data/v1' ? [] : ['schema: must be "activity-data/v1"']),
    ...(rows.length > 0 ? [] : ['rows: must be a list with something in it']),
    ...rows.flatMap((/** @type {any} */ row, /** @type {number} */ i) =>
      rowProblems(row).map((p) => `rows[${i}].${p}`),
    ),
  ];
  if (problems.length === 0) return rows;
  throw new AgentError('input', 'CLEANED_INVALID', `the cleaned data is invalid: ${problems[0]}`, {
    details: { problems: problems.slice(0, 20), problems_total: problems.length },
    action: 'Use the artifact cleaned.json of the cleaning step.',
  });
}

/** @param {any} row */
function rowProblems(row) {
  return [
    ...TEXTS.filter((name) => typeof row?.[name] !== 'string' || row[name] === '').map(
      (name) => `${name}: must be a text`,
    ),
    ...(Number.isSafeInteger(row?.line) ? [] : ['line: must be an integer']),
    ...(/^\d{4}-\d{2}-\d{2}$/.test(row?.date) ? [] : ['date: must be a day']),
    ...(row?.month === String(row?.date).slice(0, 7) ? [] : ['month: must be that of the date']),
    ...(typeof row?.amount === 'string' && parseDecimal(row.amount)
      ? []
      : ['amount: must be a decimal, as a text']),
  ];
}

/** @param {Buffer} bytes */
function parse(bytes) {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new AgentError('input', 'CLEANED_INVALID', 'the cleaned data is not JSON', { cause });
  }
}
