/** @typedef {import('./sections.mjs').Section} Section */

/**
 * @param {string} title
 * @param {readonly Section[]} sections
 */
export const markdownReport = (title, sections) =>
  `${[`# ${escapeMarkdown(title)}`, ...sections.map(markdownSection)].join('\n\n')}\n`;

/** @param {Section} section */
function markdownSection({ title, text = [], table }) {
  return [
    `## ${escapeMarkdown(title)}`,
    ...text.map(escapeMarkdown),
    ...(table ? [markdownTable(table)] : []),
  ].join('\n\n');
}

/** @param {import('./sections.mjs').Table} table */
function markdownTable({ header, rows }) {
  const rule = header.map((_, column) => (column === 0 ? ':--' : '--:'));
  return [header, rule, ...rows.map((row) => row.map(escapeMarkdown))]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}

/** Names come from the input: they must not become markup. @param {string} value */
const escapeMarkdown = (value) =>
  value.replace(/[\\|<>*_`[\]#]/g, (sign) => `\\${sign}`).replace(/\s+/g, ' ');
