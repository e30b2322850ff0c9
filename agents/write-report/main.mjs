import { PACE_PARAMS } from '../lib/pace.mjs';
import { oneOf, text } from '../lib/params.mjs';
import { runAgent } from '../lib/run-agent.mjs';
import { eachRow } from '../lib/stop.mjs';
import { emissionsOf, qualityOf } from './documents.mjs';
import { htmlReport } from './html.mjs';
import { markdownReport } from './markdown.mjs';
import { sectionsOf } from './sections.mjs';

/** @typedef {import('./sections.mjs').Section} Section */

await runAgent({
  name: 'DEMO.REPORT.Write',
  version: '1.0.0',
  inputs: { emissions: { required: true }, quality: { required: false } },
  output: 'report',
  params: {
    ...PACE_PARAMS,
    title: text({
      pattern: /^[^\p{Cc}]{1,120}$/u,
      hint: 'a line of 1 to 120 characters',
      fallback: 'Greenhouse gas emissions',
    }),
    format: oneOf(['both', 'markdown', 'html'], 'both'),
  },
  work: async (step) => {
    const emissions = emissionsOf(/** @type {import('../lib/inputs.mjs').Input} */ (step.inputs.emissions));
    const planned = sectionsOf(emissions, qualityOf(step.inputs.quality));
    /** @type {Section[]} */
    const sections = [];
    // Half a report is of no use to anybody, and a whole one is quick: no checkpoint.
    await eachRow(
      step,
      planned,
      0,
      (section) => sections.push(section),
      () => null,
    );
    const rows = sections.reduce((count, { table }) => count + (table?.rows.length ?? 0), 0);
    return {
      artifacts: artifactsOf(step.params.title, step.params.format, sections),
      counts: { sections: sections.length, table_rows: rows },
    };
  },
});

/**
 * @param {string} title
 * @param {'both' | 'markdown' | 'html'} format
 * @param {readonly Section[]} sections
 * @returns {import('../lib/outputs.mjs').Artifact[]}
 */
function artifactsOf(title, format, sections) {
  const markdown = {
    name: 'report-markdown',
    file: 'report.md',
    mediaType: 'text/markdown',
    bytes: markdownReport(title, sections),
  };
  const html = {
    name: 'report-html',
    file: 'report.html',
    mediaType: 'text/html',
    bytes: htmlReport(title, sections),
  };
  return [...(format === 'html' ? [] : [markdown]), ...(format === 'markdown' ? [] : [html])];
}
