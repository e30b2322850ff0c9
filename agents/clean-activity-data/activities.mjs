import { parseDecimal } from '../lib/decimal.mjs';

/** @typedef {import('../lib/decimal.mjs').Decimal} Decimal */

/**
 * The activities we know: the words for them, and the units in which they can be measured.
 * @type {Readonly<Record<string, {words: readonly string[], units: readonly string[]}>>}
 */
const ACTIVITIES = {
  electricity: {
    words: ['electricity', 'elec', 'grid electricity', 'power', 'mains electricity'],
    units: ['kWh'],
  },
  'natural-gas': { words: ['natural gas', 'gas', 'mains gas', 'nat gas'], units: ['kWh', 'm3'] },
  diesel: { words: ['diesel', 'derv', 'road diesel'], units: ['litre'] },
  petrol: { words: ['petrol', 'unleaded', 'gasoline', 'unleaded petrol'], units: ['litre'] },
  'flight-short-haul-economy': {
    words: [
      'flight short haul economy',
      'flight short-haul economy',
      'short haul flight',
      'flight (short haul)',
    ],
    units: ['passenger.km'],
  },
  'flight-long-haul-economy': {
    words: ['flight long haul economy', 'flight long-haul economy', 'long haul flight', 'flight (long haul)'],
    units: ['passenger.km'],
  },
  'rail-national': { words: ['rail', 'national rail', 'train', 'rail travel'], units: ['passenger.km'] },
};

/**
 * Units by their spellings, with the exact factor to the unit that we keep. A gigajoule is 277.7… kWh, which no
 * decimal is: such units are refused instead of rounded. A travel row is one traveller's, so its km are passenger.km.
 * @type {readonly {words: readonly string[], unit: string, times: string}[]}
 */
const UNITS = [
  { words: ['kwh', 'kwhs', 'kw h', 'kilowatt hours'], unit: 'kWh', times: '1' },
  { words: ['mwh', 'megawatt hours'], unit: 'kWh', times: '1000' },
  { words: ['m3', 'm³', 'cubic metres', 'cu m'], unit: 'm3', times: '1' },
  { words: ['l', 'litre', 'litres', 'ltr', 'ltrs', 'liters'], unit: 'litre', times: '1' },
  { words: ['gal', 'gallons', 'uk gallons', 'imp gal'], unit: 'litre', times: '4.54609' },
  { words: ['km', 'pkm', 'passenger.km', 'passenger km'], unit: 'passenger.km', times: '1' },
  { words: ['mi', 'miles', 'passenger.miles', 'passenger miles'], unit: 'passenger.km', times: '1.609344' },
];

const ACTIVITY_BY_WORD = new Map(
  Object.entries(ACTIVITIES).flatMap(([activity, { words }]) => words.map((word) => [word, activity])),
);

const UNIT_BY_WORD = new Map(
  UNITS.flatMap(({ words, unit, times }) => words.map((word) => [word, { unit, times: decimal(times) }])),
);

/**
 * @param {string} text
 * @returns {string | undefined}
 */
export const activityOf = (text) => ACTIVITY_BY_WORD.get(wordOf(text));

/**
 * @param {string} text
 * @returns {{unit: string, times: Decimal} | undefined}
 */
export const unitOf = (text) => UNIT_BY_WORD.get(wordOf(text));

/**
 * @param {string} activity
 * @param {string} unit
 */
export const isMeasuredIn = (activity, unit) => ACTIVITIES[activity]?.units.includes(unit) ?? false;

/** @param {string} text */
const wordOf = (text) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, ' ')
    .replace(/\.$/, '');

/** @param {string} text */
function decimal(text) {
  const value = parseDecimal(text);
  if (!value) throw new Error(`${text} is no decimal`);
  return value;
}
