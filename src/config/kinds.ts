import { compareQuantities, parseQuantity, printQuantity, quantity } from '../lib/quantity.ts';
import { type Address, parseAddress } from './address.ts';
import { didYouMean } from './did-you-mean.ts';
import { type Duration, formatDuration, parseDuration } from './duration.ts';

/** A value, or what is wrong with it, worded to follow the setting's name. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

/** A type of setting: how it is written and read. */
export interface Kind<T> {
  /** Placeholder in the help, upper case. */
  readonly syntax: string;
  /** Accepted values for people; empty when the syntax says it all. */
  readonly range: string;
  /** `raw` is text from flags and environment, and any JSON value from a file. */
  readonly parse: (raw: unknown) => Parsed<T>;
}

const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
const no = (message: string): Parsed<never> => ({ ok: false, message });

/** A kind whose values are texts in a file too. */
function textual<T>(syntax: string, range: string, read: (text: string) => Parsed<T>): Kind<T> {
  const parse = (raw: unknown) =>
    typeof raw === 'string' ? read(raw) : no(`must be a text, is ${describe(raw)}`);
  return { syntax, range, parse };
}

/** Text that is not empty and holds no control characters. */
export const text: Kind<string> = textual('TEXT', '', (value) => {
  if (value === '') return no('must not be empty');
  return /\p{Cc}/u.test(value) ? no('must not contain control characters') : ok(value);
});

/** A path; a relative one counts from the working directory. */
export const file: Kind<string> = { ...text, syntax: 'FILE' };
export const directory: Kind<string> = { ...text, syntax: 'DIR' };

/** Texts, with commas between them where there is no list; what they may be is checked by the module that they belong to. */
export const texts: Kind<readonly string[]> = {
  syntax: 'TEXT[,TEXT...]',
  range: '',
  parse: (raw) => {
    const list = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()) : raw;
    if (!Array.isArray(list)) return no(`must be a list of texts, is ${describe(raw)}`);
    for (const item of list) {
      const parsed = text.parse(item);
      if (!parsed.ok) return no(`has an entry that ${parsed.message}`);
    }
    return ok(list as readonly string[]);
  },
};

/** Text of a given form; `range` describes the form. */
export const matching = (syntax: string, range: string, pattern: RegExp): Kind<string> =>
  textual(syntax, range, (value) =>
    pattern.test(value) ? ok(value) : no(`${JSON.stringify(value)} is not ${range}`),
  );

/** One of a few words. */
export const choice = <const T extends string>(...words: readonly T[]): Kind<T> => {
  const range = words.join(', ');
  return textual(words.join('|'), '', (value) => {
    const found = words.find((word) => word === value);
    if (found !== undefined) return ok(found);
    return no(`${JSON.stringify(value)} is not one of ${range}${didYouMean(value, words)}`);
  });
};

export const address: Kind<Address> = textual('HOST:PORT', '', parseAddress);

/** A whole number; in a file also as text, so that templates may quote it. */
export const integer = (min: number, max: number): Kind<number> => ({
  syntax: 'NUMBER',
  range: `${min} to ${max}`,
  parse: (raw) => {
    const value = typeof raw === 'string' && /^-?\d{1,15}$/.test(raw) ? Number(raw) : raw;
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      return no(`must be a whole number, is ${describe(raw)}`);
    }
    return value < min || value > max ? no(`must be from ${min} to ${max}, is ${value}`) : ok(value);
  },
});

export interface DurationBounds {
  readonly min: string;
  readonly max: string;
  /** For what Kubernetes counts in seconds. */
  readonly whole?: true;
  /** 0 is allowed beside the range, and means that there is none. */
  readonly zero?: true;
}

export const duration = ({ min, max, whole, zero }: DurationBounds): Kind<Duration> => {
  const bound = (limit: string) => {
    const parsed = parseDuration(limit);
    return parsed.ok ? parsed.value.ms : Number.NaN;
  };
  const [least, most] = [bound(min), bound(max)];
  const range = `${zero ? '0, or ' : ''}${min} to ${max}${whole ? ', whole seconds' : ''}`;
  const read = (value: string): Parsed<Duration> => {
    const parsed = parseDuration(value);
    if (!parsed.ok || (zero && parsed.value.ms === 0)) return parsed;
    const { ms } = parsed.value;
    if (!(ms >= least && ms <= most)) return no(`must be ${range}, is ${formatDuration(parsed.value)}`);
    return whole && ms % 1000 !== 0
      ? no(`must be whole seconds, is ${formatDuration(parsed.value)}`)
      : parsed;
  };
  const parse = (raw: unknown) => {
    if (typeof raw === 'number') return read(String(raw));
    return typeof raw === 'string' ? read(raw) : no(`must be a duration, is ${describe(raw)}`);
  };
  return { syntax: 'DURATION', range, parse };
};

/** A Kubernetes quantity in canonical form, at least `min`. */
export const quantityFrom = (min: string): Kind<string> => ({
  syntax: 'QUANTITY',
  range: `at least ${min}`,
  parse: (raw) => {
    if (typeof raw !== 'string' && typeof raw !== 'number') {
      return no(`must be a quantity, is ${describe(raw)}`);
    }
    const parsed = parseQuantity(String(raw));
    if (!parsed.ok) return parsed;
    const enough = compareQuantities(parsed.value, quantity(min)) >= 0;
    return enough ? ok(printQuantity(parsed.value)) : no(`must be at least ${min}, is ${raw}`);
  },
});

/** Any JSON, checked by the module that it belongs to. */
export const json: Kind<unknown> = { syntax: 'JSON', range: '', parse: ok };

function describe(raw: unknown): string {
  if (raw === null) return 'null';
  if (Array.isArray(raw)) return 'a list';
  if (typeof raw === 'object') return 'a section with keys';
  const text = JSON.stringify(raw) ?? String(raw);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
