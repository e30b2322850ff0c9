/**
 * Reads RFC 4180 CSV as spreadsheets export it: a byte order mark, CRLF, quoted cells with line breaks, empty lines.
 * @param {string} text
 * @returns {{line: number, cells: string[]}[]} the records with the line (from 1) where each begins
 */
export function parseCsv(text) {
  /** @type {{line: number, cells: string[]}[]} */
  const records = [];
  const source = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  // One cell and what ends it. The end of the text ends a record too, so no tail needs its own case.
  const cell = /(?:"((?:[^"]|"")*)"|([^",\n]*))[ \t]*(,|\n|$)/gy;
  let line = 1;
  let record = { line, cells: /** @type {string[]} */ ([]) };
  while (cell.lastIndex < source.length || record.cells.length > 0) {
    const match = cell.exec(source);
    if (!match) throw new SyntaxError(`line ${line}: a quote is out of place`);
    const [whole, quoted, plain = '', end] = match;
    record.cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += whole.split('\n').length - 1;
    if (end === ',') continue;
    if (record.cells.some((value) => value.trim() !== '')) records.push(record);
    record = { line, cells: [] };
    if (end === '') break;
  }
  return records;
}

/**
 * @param {readonly string[]} header
 * @param {readonly (readonly (string | number)[])[]} rows
 */
export function csvText(header, rows) {
  return [header, ...rows]
    .map((row) => `${row.map((value) => quote(inert(String(value)))).join(',')}\n`)
    .join('');
}

/** A spreadsheet runs a cell that begins like a formula, wherever it came from. @param {string} value */
const inert = (value) => (/^[=+@-]/.test(value) && !/^[+-]?[\d.]+$/.test(value) ? `'${value}` : value);

/** @param {string} value */
const quote = (value) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
