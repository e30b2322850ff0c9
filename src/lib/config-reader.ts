import { isRecord } from './is-record.ts';
import { parseQuantity, type Quantity, quantity, unitsOf } from './quantity.ts';

/** One thing that is wrong with a configuration, and where. */
export type ConfigProblem = { readonly path: string; readonly message: string };

/**
 * Reads one object of a configuration of unknown shape. Nothing throws: what is wrong goes to `problems`, and the answer
 * is then a placeholder, which nobody may use once there is a problem.
 */
export type ConfigReader = {
  readonly problems: ConfigProblem[];
  report(key: string, message: string): void;
  /** Reports every member that is not listed. */
  allow(keys: readonly string[]): void;
  has(key: string): boolean;
  keys(): readonly string[];
  /** The object at a key; an empty one when absent. */
  child(key: string): ConfigReader;
  /** The objects of the list at a key; what is none is reported and left out. */
  items(key: string): readonly ConfigReader[];
  /** The objects of the map at a key. */
  members(key: string): readonly (readonly [name: string, reader: ConfigReader])[];
  /** A quantity above or at zero, as text or as a number; required when there is no fallback. */
  quantity(key: string, fallback?: Quantity): Quantity;
  /** A whole number, as text or as a number. */
  count(key: string, fallback: bigint): bigint;
  text(key: string, isValid: (text: string) => boolean, rule: string): string | undefined;
  /** The texts of the list at a key; undefined when absent. */
  texts(key: string, isValid: (text: string) => boolean, rule: string): readonly string[] | undefined;
  flag(key: string): boolean | undefined;
};

const placeholder = quantity('0');

/** A reader of `value`, which stands at `path` of the configuration. */
export function readConfig(value: unknown, path: string, problems: ConfigProblem[]): ConfigReader {
  const at = (key: string) => (key === '' ? path : path === '' ? key : `${path}.${key}`);
  const report = (key: string, message: string) => void problems.push({ path: at(key), message });
  if (!isRecord(value)) report('', `must be an object, not ${kindOf(value)}`);
  const object = isRecord(value) ? value : {};
  const read = (key: string): unknown =>
    Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;

  function readQuantity(key: string, fallback?: Quantity): Quantity {
    const text = quantityText(read(key));
    if (text === undefined && read(key) === undefined && fallback !== undefined) return fallback;
    const result = parseQuantity(text ?? '');
    if (text === undefined)
      report(key, read(key) === undefined ? 'is missing' : 'must be a quantity, such as 500m or 2Gi');
    else if (!result.ok) report(key, result.message);
    else if (result.value.nano < 0n) report(key, 'must not be negative');
    return result.ok ? result.value : placeholder;
  }

  return {
    problems,
    report,
    allow: (allowed) => {
      for (const key of Object.keys(object)) {
        if (!allowed.includes(key)) report(key, `is unknown; known are ${allowed.join(', ')}`);
      }
    },
    has: (key) => read(key) !== undefined,
    keys: () => Object.keys(object),
    child: (key) => readConfig(read(key) ?? {}, at(key), problems),
    items: (key) => {
      const list = read(key) ?? [];
      if (!Array.isArray(list)) report(key, `must be a list, not ${kindOf(list)}`);
      if (!Array.isArray(list)) return [];
      const readers = list.map((item, index) => readConfig(item, at(`${key}[${index}]`), problems));
      return readers.filter((_, index) => isRecord(list[index]));
    },
    members: (key) => {
      const members = readConfig(read(key) ?? {}, at(key), problems);
      return members.keys().map((name) => [name, members.child(name)] as const);
    },
    quantity: readQuantity,
    count: (key, fallback) => {
      const amount = read(key) === undefined ? undefined : readQuantity(key);
      if (amount !== undefined && amount.nano % 1_000_000_000n !== 0n) report(key, 'must be a whole number');
      return amount === undefined ? fallback : unitsOf(amount);
    },
    text: (key, isValid, rule) => {
      const text = read(key);
      if (text === undefined) return undefined;
      if (typeof text !== 'string' || !isValid(text)) report(key, rule);
      return typeof text === 'string' ? text : undefined;
    },
    texts: (key, isValid, rule) => {
      const list = read(key);
      if (list === undefined) return undefined;
      if (!Array.isArray(list)) report(key, `must be a list, not ${kindOf(list)}`);
      if (!Array.isArray(list)) return [];
      return list.flatMap((item: unknown, index) => {
        if (typeof item === 'string' && isValid(item)) return [item];
        report(`${key}[${index}]`, rule);
        return [];
      });
    },
    flag: (key) => {
      const flag = read(key);
      if (flag !== undefined && typeof flag !== 'boolean') report(key, 'must be true or false');
      return typeof flag === 'boolean' ? flag : undefined;
    },
  };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** YAML turns `cpu: 2` into a number; its text is the quantity that was meant. */
function quantityText(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' ? value : undefined;
}
