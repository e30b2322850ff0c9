import { fraction } from './figures.mjs';

/** @typedef {import('./sections.mjs').Section} Section */

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2a24}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.2rem .8rem;border-bottom:1px solid #d5dfda;text-align:right}
th:first-child,td:first-child{text-align:left}tr:last-child td{font-weight:600}svg{max-width:100%;height:auto}
text{font-size:13px;fill:#1b2a24}rect{fill:#2f7d5b}`;

const BAR = Object.freeze({ height: 18, step: 26, labelWidth: 290, maxWidth: 340n, width: 760 });

/**
 * One file that needs nothing else: no script, no font, no picture from anywhere.
 * @param {string} title
 * @param {readonly Section[]} sections
 */
export const htmlReport = (title, sections) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${sections.map(htmlSection).join('\n')}
</body>
</html>
`;

/** @param {Section} section */
function htmlSection({ title, text = [], table, bars }) {
  const parts = [
    `<h2>${escapeHtml(title)}</h2>`,
    ...text.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...(bars ? [htmlBars(title, bars)] : []),
    ...(table ? [htmlTable(table)] : []),
  ];
  return `<section>\n${parts.join('\n')}\n</section>`;
}

/** @param {import('./sections.mjs').Table} table */
function htmlTable({ header, rows }) {
  const head = header.map((cell) => `<th>${escapeHtml(cell)}</th>`).join('');
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`)
    .join('\n');
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

/**
 * @param {string} title
 * @param {readonly import('./sections.mjs').Bar[]} bars
 */
function htmlBars(title, bars) {
  const longest = bars.reduce(
    (most, { value }) => (fraction(value, most, 1n) >= 1n ? value : most),
    '0.000001',
  );
  const lines = bars.map(({ label, value, text }, i) => {
    const y = i * BAR.step;
    const width = Number(fraction(value, longest, BAR.maxWidth));
    const baseline = y + BAR.height - 4;
    return `<text x="0" y="${baseline}">${escapeHtml(label)}</text><rect x="${BAR.labelWidth}" y="${y}" width="${width}" height="${BAR.height}"/><text x="${BAR.labelWidth + width + 8}" y="${baseline}">${escapeHtml(text)}</text>`;
  });
  const height = bars.length * BAR.step;
  return `<svg viewBox="0 0 ${BAR.width} ${height}" width="${BAR.width}" height="${height}" role="img" aria-label="${escapeHtml(title)}">\n${lines.join('\n')}\n</svg>`;
}

/** @type {Readonly<Record<string, string>>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** @param {string} value */
const escapeHtml = (value) => value.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
