const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Day 0 of spreadsheets: their 1900 "was" a leap year, so the count only fits from March 1900 on. */
const SPREADSHEET_EPOCH = Date.UTC(1899, 11, 30);

const DAY_MS = 86_400_000;

/** Years with a meter reading; beyond them a number is not a date but a slip. */
const YEARS = { first: 1990, last: 2099 };

/**
 * Reads a date as people write it. What only names a month counts as that month's last day, when it is billed.
 * @param {string} text
 * @param {'dmy' | 'mdy'} order how 03/04/2024 is meant
 * @returns {string | undefined} YYYY-MM-DD; undefined when it is no date
 */
export function parseActivityDate(text, order) {
  const iso = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]00:00(?::00)?Z?)?$/.exec(text);
  if (iso) return isoDate(iso[1], iso[2], iso[3]);
  const numeric = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})$/.exec(text);
  if (numeric) {
    const [, first, , second, year] = numeric;
    return order === 'dmy' ? isoDate(year, second, first) : isoDate(year, first, second);
  }
  const named = /^(\d{1,2})[ -]([a-z]{3,9})[ -](\d{4})$/i.exec(text);
  if (named) return isoDate(named[3], monthNumber(named[2]), named[1]);
  const month = /^([a-z]{3,9})[ -](\d{4}|\d{2})$/i.exec(text);
  if (month) return lastOfMonth(month[2]?.length === 2 ? `20${month[2]}` : month[2], monthNumber(month[1]));
  const isoMonth = /^(\d{4})-(\d{2})$/.exec(text);
  if (isoMonth) return lastOfMonth(isoMonth[1], isoMonth[2]);
  return /^\d{5}$/.test(text) ? dateFromMillis(SPREADSHEET_EPOCH + Number(text) * DAY_MS) : undefined;
}

/**
 * @param {string | undefined} name
 * @returns {number} NaN for what begins like no month
 */
function monthNumber(name = '') {
  const index = MONTHS.indexOf(name.slice(0, 3).toLowerCase());
  return index < 0 ? Number.NaN : index + 1;
}

/**
 * @param {string | number | undefined} year
 * @param {string | number | undefined} month
 * @param {string | number | undefined} day
 */
function isoDate(year, month, day) {
  const date = dateFromMillis(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  // Date.UTC turns 31 February into 2 March; a person who wrote it meant neither.
  return date?.slice(5) === `${pad(month)}-${pad(day)}` ? date : undefined;
}

/**
 * @param {string | number | undefined} year
 * @param {string | number} month
 */
function lastOfMonth(year, month) {
  if (!(Number(month) >= 1 && Number(month) <= 12)) return undefined;
  return dateFromMillis(Date.UTC(Number(year), Number(month), 0));
}

/** @param {number} millis */
function dateFromMillis(millis) {
  if (Number.isNaN(millis)) return undefined;
  const date = new Date(millis);
  const year = date.getUTCFullYear();
  return year >= YEARS.first && year <= YEARS.last ? date.toISOString().slice(0, 10) : undefined;
}

/** @param {string | number | undefined} value */
const pad = (value) => String(Number(value)).padStart(2, '0');
