import { readFile } from 'node:fs/promises';
import { parseDecimal } from '../lib/decimal.mjs';
import { sha256 } from '../lib/files.mjs';

/**
 * @typedef {import('../lib/decimal.mjs').Decimal} Decimal
 * @typedef {{id: string, activity: string, unit: string, scope: 1 | 2 | 3, category: string, value: Decimal, text: string}} Factor
 * @typedef {{id: string, title: string, publisher: string, year: number, edition: string, url: string, licence: string, unit: string}} FactorSource
 * @typedef {{source: FactorSource, sha256: string, factors: readonly Factor[]}} FactorSet
 */

/** The sets that ship with this agent, by the name that params.factor_set uses. */
export const FACTOR_SETS = Object.freeze({ 'uk-desnz-2024': new URL('uk-desnz-2024.json', import.meta.url) });

/** A factor of scope 3 that comes on top of the same electricity; some reports leave it out. */
export const LOSSES = 'Transmission and distribution losses';

/**
 * @param {keyof typeof FACTOR_SETS} id
 * @returns {Promise<FactorSet>}
 */
export async function readFactorSet(id) {
  const bytes = await readFile(FACTOR_SETS[id]);
  const { factors, verification: _verification, ...source } = JSON.parse(bytes.toString('utf8'));
  return { source, sha256: sha256(bytes), factors: factors.map(factorFrom) };
}

/** @param {any} entry one element of the file's list */
function factorFrom({ id, activity, unit, scope, category, value: text }) {
  const value = parseDecimal(text);
  if (!value) throw new Error(`${id}: ${text} is no decimal`);
  return { id, activity, unit, scope, category, value, text };
}
