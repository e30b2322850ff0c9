import { AgentError } from '../lib/agent-error.mjs';
import { csvText, parseCsv } from '../lib/csv.mjs';
import { jsonText } from '../lib/files.mjs';
import { columnsOf } from './columns.mjs';

/**
 * @typedef {import('./clean-row.mjs').RawRow} RawRow
 * @typedef {import('./clean-row.mjs').CleanRow} CleanRow
 * @typedef {import('./clean-row.mjs').RejectedRow} RejectedRow
 * @typedef {{rows: CleanRow[], rejected: RejectedRow[]}} Cleaned
 */

const COLUMNS = /** @type {const} */ (['site', 'date', 'activity', 'amount', 'unit', 'reference']);

/**
 * @param {Buffer} bytes
 * @returns {RawRow[]}
 */
export function rawRowsOf(bytes) {
  const [header, ...records] = recordsOf(bytes);
  if (!header) throw new AgentError('input', 'INPUT_EMPTY', 'the input has no header');
  const columns = columnsOf(header.cells);
  return records.map(({ line, cells }) => {
    const values = COLUMNS.map((column) => [column, cells[columns.get(column) ?? -1] ?? '']);
    return { line, ...Object.fromEntries(values) };
  });
}

/** @param {Buffer} bytes */
function recordsOf(bytes) {
  try {
    return parseCsv(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'it is not UTF-8';
    throw new AgentError('input', 'INPUT_UNREADABLE', `the input is no CSV: ${reason}`, { cause });
  }
}

/**
 * @param {Cleaned} cleaned
 * @param {object} quality
 * @returns {import('../lib/outputs.mjs').Artifact[]}
 */
export function artifactsOf({ rows, rejected }, quality) {
  const cells = rows.map((row) => [row.line, row.month, ...COLUMNS.map((column) => row[column])]);
  const refused = rejected.map(({ line, reasons, duplicate_of: first = '', raw }) => [
    line,
    reasons.join(' '),
    first,
    ...COLUMNS.map((column) => raw[column]),
  ]);
  const document = { schema: 'activity-data/v1', rows: rows.map(({ changes: _changes, ...row }) => row) };
  return [
    json('cleaned', document),
    csv('cleaned-csv', 'cleaned.csv', ['line', 'month', ...COLUMNS], cells),
    csv('rejected', 'rejected.csv', ['line', 'reasons', 'duplicate_of', ...COLUMNS], refused),
    json('quality', quality),
  ];
}

/**
 * @param {string} name
 * @param {unknown} value
 */
const json = (name, value) => ({
  name,
  file: `${name}.json`,
  mediaType: 'application/json',
  bytes: jsonText(value),
});

/**
 * @param {string} name
 * @param {string} file
 * @param {readonly string[]} header
 * @param {readonly (readonly (string | number)[])[]} rows
 */
const csv = (name, file, header, rows) => ({
  name,
  file,
  mediaType: 'text/csv',
  bytes: csvText(header, rows),
});
