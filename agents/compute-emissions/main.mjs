import { csvText } from '../lib/csv.mjs';
import { jsonText } from '../lib/files.mjs';
import { PACE_PARAMS } from '../lib/pace.mjs';
import { flag, oneOf } from '../lib/params.mjs';
import { runAgent } from '../lib/run-agent.mjs';
import { eachRow } from '../lib/stop.mjs';
import { activityRowsOf } from './activity-rows.mjs';
import { emissionLinesOf } from './emission-lines.mjs';
import { FACTOR_SETS, LOSSES, readFactorSet } from './factors.mjs';
import { totalsOf } from './totals.mjs';

/** @typedef {import('./emission-lines.mjs').EmissionLine} EmissionLine */

await runAgent({
  name: 'DEMO.EMISSIONS.Compute',
  version: '1.0.0',
  inputs: { cleaned: { required: true }, checkpoint: { required: false } },
  output: 'emissions',
  params: {
    ...PACE_PARAMS,
    factor_set: oneOf(Object.keys(FACTOR_SETS), 'uk-desnz-2024'),
    include_transmission_losses: flag(true),
  },
  work: async (step) => {
    const set = await readFactorSet(step.params.factor_set);
    const factors = set.factors.filter(
      ({ category }) => step.params.include_transmission_losses || category !== LOSSES,
    );
    const rows = activityRowsOf(/** @type {import('../lib/inputs.mjs').Input} */ (step.inputs.cleaned).bytes);
    /** @type {{next: number, lines: EmissionLine[]}} */
    const state = step.resumeFrom ?? { next: 0, lines: [] };
    const visit = (
      /** @type {import('./activity-rows.mjs').ActivityRow} */ row,
      /** @type {number} */ index,
    ) => {
      state.lines.push(...emissionLinesOf(row, factors));
      state.next = index + 1;
    };
    await eachRow(step, rows, state.next, visit, () => state);
    return {
      artifacts: artifactsOf(set, state.lines),
      counts: { rows: rows.length, emission_lines: state.lines.length },
      provenance: { factor_set: set.source.id, factor_set_sha256: set.sha256 },
    };
  },
});

/**
 * @param {import('./factors.mjs').FactorSet} set
 * @param {readonly EmissionLine[]} lines
 * @returns {import('../lib/outputs.mjs').Artifact[]}
 */
function artifactsOf(set, lines) {
  const used = new Set(lines.map((line) => line.factor_id));
  const factors = set.factors.filter(({ id }) => used.has(id));
  const document = {
    schema: 'emissions/v1',
    unit: set.source.unit,
    source: set.source,
    ...totalsOf(lines),
    factors_used: factors.map(({ value: _value, text, ...factor }) => ({ ...factor, value: text })),
  };
  const columns = /** @type {(keyof EmissionLine)[]} */ (Object.keys(lines[0] ?? {}));
  const cells = lines.map((line) => columns.map((column) => line[column]));
  return [
    { name: 'emissions', file: 'emissions.json', mediaType: 'application/json', bytes: jsonText(document) },
    {
      name: 'emission-lines',
      file: 'emission-lines.csv',
      mediaType: 'text/csv',
      bytes: csvText(columns, cells),
    },
  ];
}
