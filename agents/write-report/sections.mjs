import { compare } from '../lib/decimal.mjs';
import { decimal, share, tonnes } from './figures.mjs';

/**
 * A section is plain data; Markdown and HTML are two ways to write it down.
 * @typedef {{header: readonly string[], rows: readonly (readonly string[])[]}} Table numbers from the second column on
 * @typedef {{label: string, value: string, text: string}} Bar value in kg
 * @typedef {{title: string, text?: readonly string[], table?: Table, bars?: readonly Bar[]}} Section
 * @typedef {import('./documents.mjs').Emissions} Emissions
 * @typedef {import('./documents.mjs').Quality} Quality
 * @typedef {import('./documents.mjs').Split} Split
 */

const SPLIT_HEADER = ['Scope 1', 'Scope 2', 'Scope 3', 'Total'];

/**
 * @param {Emissions} emissions
 * @param {Quality | undefined} quality
 * @returns {Section[]}
 */
export function sectionsOf(emissions, quality) {
  const { totals, by_site, by_month, by_activity } = emissions;
  return [
    summary(emissions),
    breakdown(
      'By site',
      'Site',
      largestFirst(by_site.map((each) => ({ ...each, label: each.site }))),
      totals,
    ),
    breakdown(
      'By month',
      'Month',
      by_month.map((each) => ({ ...each, label: each.month })),
      totals,
    ),
    breakdown(
      'By activity',
      'Activity',
      largestFirst(by_activity.map((each) => ({ ...each, label: each.activity }))),
      totals,
    ),
    ...(quality ? [inputQuality(quality)] : []),
    method(emissions),
  ];
}

/**
 * @param {Emissions} emissions
 * @returns {Section}
 */
function summary({ totals, by_month }) {
  const scopes = /** @type {const} */ ([
    ['Scope 1 (fuels burnt)', 'scope_1'],
    ['Scope 2 (electricity, location-based)', 'scope_2'],
    ['Scope 3 (losses in the grid, business travel)', 'scope_3'],
  ]);
  const rows = scopes.map(([label, key]) => [label, tonnes(totals[key]), share(totals[key], totals.total)]);
  return {
    title: 'Summary',
    text: [
      `Period: ${by_month[0]?.month ?? '–'} to ${by_month.at(-1)?.month ?? '–'}.`,
      `Total emissions: ${tonnes(totals.total)} t CO2e.`,
    ],
    table: {
      header: ['Scope', 't CO2e', 'Share'],
      rows: [...rows, ['Total', tonnes(totals.total), share(totals.total, totals.total)]],
    },
    bars: scopes.map(([label, key]) => ({ label, value: totals[key], text: `${tonnes(totals[key])} t` })),
  };
}

/**
 * @param {string} title
 * @param {string} key
 * @param {readonly (Split & {label: string})[]} groups
 * @param {Split} totals
 * @returns {Section}
 */
function breakdown(title, key, groups, totals) {
  const cells = (/** @type {Split} */ split) =>
    [split.scope_1, split.scope_2, split.scope_3, split.total].map((kg) => tonnes(kg));
  return {
    title,
    text: ['Tonnes of CO2e.'],
    table: {
      header: [key, ...SPLIT_HEADER],
      rows: [...groups.map((group) => [group.label, ...cells(group)]), ['Total', ...cells(totals)]],
    },
    bars: groups.map(({ label, total }) => ({ label, value: total, text: `${tonnes(total)} t` })),
  };
}

/**
 * @param {Quality} quality
 * @returns {Section}
 */
function inputQuality({ rows_total, rows_accepted, rows_rejected, rows_normalised, reasons }) {
  return {
    title: 'Quality of the input',
    text: [
      `${rows_accepted} of ${rows_total} rows were used, ${rows_normalised} of them after normalisation; ${rows_rejected} were rejected.`,
    ],
    table: {
      header: ['Reason for rejection', 'Rows'],
      rows: Object.entries(reasons).map(([reason, n]) => [reason, String(n)]),
    },
  };
}

/**
 * @param {Emissions} emissions
 * @returns {Section}
 */
function method({ source, factors_used }) {
  return {
    title: 'Factors and source',
    text: [
      `${source.publisher}: ${source.title}. ${source.edition}. ${source.url}`,
      `${source.licence}.`,
      'Emissions are the exact product of amount and factor; only this report rounds.',
    ],
    table: {
      header: ['Factor', 'Scope', 'kg CO2e', 'Per'],
      rows: factors_used.map(({ id, scope, value, unit }) => [id, String(scope), value, unit]),
    },
  };
}

/**
 * @param {(Split & {label: string})[]} groups
 */
const largestFirst = (groups) =>
  groups.sort((a, b) => compare(decimal(b.total), decimal(a.total)) || (a.label < b.label ? -1 : 1));
