import { readFileSync } from 'node:fs';

/**
 * Counts the sample's emissions a second time, sharing nothing with the agents: other parsing, other arithmetic
 * (integers of 10^-15 kg), and a list of the bad lines that was made together with the sample.
 */

/** Lines of the sample that are wrong, and how: the truth as the sample's author planted it. */
export const BAD_LINES: Readonly<Record<number, string>> = {
  10: 'DUPLICATE',
  12: 'AMOUNT_MISSING',
  20: 'SITE_MISSING',
  27: 'DATE_MISSING',
  34: 'DATE_INVALID',
  41: 'AMOUNT_MISSING',
  49: 'ACTIVITY_UNKNOWN',
  56: 'UNIT_DOES_NOT_FIT',
  59: 'DUPLICATE',
  64: 'UNIT_UNKNOWN',
  71: 'AMOUNT_NEGATIVE',
  78: 'DATE_INVALID',
  85: 'ACTIVITY_UNKNOWN UNIT_UNKNOWN',
  93: 'DATE_INVALID',
  98: 'DUPLICATE',
  101: 'AMOUNT_INVALID',
  109: 'AMOUNT_NEGATIVE',
  116: 'AMOUNT_INVALID',
  124: 'DATE_OUTSIDE_PERIOD',
  130: 'DUPLICATE',
  133: 'UNIT_MISSING',
  141: 'AMOUNT_MISSING',
  149: 'SITE_INVALID',
  157: 'DATE_OUTSIDE_PERIOD',
  158: 'DUPLICATE',
  166: 'ACTIVITY_MISSING',
  174: 'AMOUNT_INVALID',
  182: 'AMOUNT_MISSING',
  190: 'DATE_MISSING ACTIVITY_MISSING AMOUNT_MISSING UNIT_MISSING',
  191: 'DUPLICATE',
  210: 'DUPLICATE',
  226: 'DUPLICATE',
};

/** Unit spelling, activity spelling (both as prefixes, lower case) → scope and kg of CO2e per unit × 10^11. */
const RATES: readonly (readonly [
  unit: string,
  activity: RegExp,
  rates: readonly (readonly [1 | 2 | 3, bigint])[],
])[] = [
  [
    'kwh',
    /^(grid )?elec/,
    [
      [2, 20_705_000_000n],
      [3, 1_830_000_000n],
    ],
  ],
  [
    'mwh',
    /^(grid )?elec/,
    [
      [2, 20_705_000_000_000n],
      [3, 1_830_000_000_000n],
    ],
  ],
  ['kwh', /gas$/, [[1, 18_290_000_000n]]],
  ['m3', /gas$/, [[1, 204_542_000_000n]]],
  ['uk gallons', /^derv$/, [[1, 1_142_336_949_110n]]],
  ['l', /^(diesel|derv)$/, [[1, 251_279_000_000n]]],
  ['l', /^(petrol|unleaded)$/, [[1, 208_440_000_000n]]],
  ['km', /short haul/, [[3, 18_287_000_000n]]],
  ['km', /long haul/, [[3, 20_011_000_000n]]],
  ['km', /rail|train/, [[3, 3_546_000_000n]]],
  ['miles', /rail|train/, [[3, 5_706_733_824n]]],
];

const PLAIN_UNITS: Readonly<Record<string, string>> = {
  'm³': 'm3',
  'cubic metres': 'm3',
  litres: 'l',
  ltr: 'l',
  'passenger.km': 'km',
};

export interface Recount {
  readonly scopes: Readonly<Record<1 | 2 | 3, bigint>>;
  readonly sites: ReadonlyMap<string, bigint>;
  readonly accepted: number;
}

/** Totals in units of 10^-15 kg. */
export function recount(path: string): Recount {
  const scopes = { 1: 0n, 2: 0n, 3: 0n };
  const sites = new Map<string, bigint>();
  // Records end in CRLF; the one line break inside a quoted cell is a bare LF and still counts as a line.
  const lines = readFileSync(path, 'utf8').split('\r\n').slice(1, -1);
  let line = 1;
  let accepted = 0;
  for (const text of lines) {
    line += 1;
    const own = line;
    line += text.split('\n').length - 1;
    if (own in BAD_LINES) continue;
    accepted += 1;
    const [site = '', , activity = '', amount = '', unit = ''] = cellsOf(text);
    const name = site.trim().replace(/\s+/g, ' ').toLowerCase();
    for (const [scope, rate] of ratesOf(unit.toLowerCase(), activity.toLowerCase())) {
      const emitted = tenThousandths(amount) * rate;
      scopes[scope] += emitted;
      sites.set(name, (sites.get(name) ?? 0n) + emitted);
    }
  }
  return { scopes, sites, accepted };
}

/** Decimal text of 10^-n units, without needless zeros. */
export function decimalOf(units: bigint, places: number): string {
  const digits = units.toString().padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, '');
}

/** The sample quotes a cell only for its commas, so every second part of a split at quotes is quoted. */
const cellsOf = (text: string): string[] =>
  text
    .split('"')
    .map((part, i) => (i % 2 === 1 ? part.replaceAll(',', '\u0000') : part))
    .join('')
    .split(',')
    .map((cell) => cell.replaceAll('\u0000', ','));

function ratesOf(unit: string, activity: string) {
  const plain = PLAIN_UNITS[unit] ?? unit;
  const found = RATES.find(([of, words]) => of === plain && words.test(activity));
  if (!found) throw new Error(`the recount does not know ${activity} in ${unit}`);
  return found[2];
}

/** Amounts in units of 10^-4: no amount of the sample has more places. European ones end in a comma and one digit. */
function tenThousandths(amount: string): bigint {
  const [whole = '', fraction = ''] = amount
    .replace(/,(\d{1,2})$/, ';$1')
    .replace(/[ ,]/g, '')
    .replace(/\.(?=.*;)/, '')
    .replace(';', '.')
    .split('.');
  return BigInt(whole + fraction.padEnd(4, '0'));
}
