import { member } from '../lib/field-path.ts';
import { isRecord } from '../lib/is-record.ts';
import { parseQuantity } from '../lib/quantity.ts';
import type { LiveObject } from './live-object.ts';
import type { TenantObject } from './objects.ts';

/**
 * Where an object is not as it is to be: paths of fields. What others have added beside it is theirs, but in a policy of the network, where one
 * rule more is a hole.
 */
export function differences(wanted: TenantObject, live: LiveObject): readonly string[] {
  const { apiVersion: _, kind, metadata, ...parts } = wanted;
  const exact = kind === 'NetworkPolicy' || kind === 'CiliumNetworkPolicy';
  return [
    ...otherTexts(metadata.labels, live.labels, 'metadata.labels'),
    ...otherTexts(metadata.annotations, live.annotations, 'metadata.annotations'),
    ...Object.entries(parts).flatMap(([name, part]) => compare(part, live.parts[name], name, exact)),
  ];
}

type Texts = Readonly<Record<string, string>>;

const otherTexts = (wanted: Texts, live: Texts, path: string): readonly string[] =>
  Object.keys(wanted)
    .filter((key) => wanted[key] !== live[key])
    .map((key) => member(path, key));

/** The API server leaves out what is empty. */
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

function compare(wanted: unknown, live: unknown, path: string, exact: boolean): readonly string[] {
  if (isNothing(wanted) && isNothing(live)) return [];
  if (isRecord(wanted) && Object.keys(wanted).length === 0 && isNothing(live)) return [];
  if (!isRecord(wanted) || !isRecord(live)) return same(wanted, live) ? [] : [path];
  const names = exact ? new Set([...Object.keys(wanted), ...Object.keys(live)]) : Object.keys(wanted);
  return [...names].flatMap((name) => compare(wanted[name], live[name], below(path, name), exact));
}

const below = (path: string, name: string): string =>
  /^\w+$/.test(name) ? `${path}.${name}` : member(path, name);

/** Lists are compared whole. */
function same(wanted: unknown, live: unknown): boolean {
  if (Array.isArray(wanted) && Array.isArray(live))
    return (
      wanted.length === live.length &&
      wanted.every((item, i) => compare(item, live[i], '', true).length === 0)
    );
  if (wanted === live) return true;
  return typeof wanted === 'string' && typeof live === 'string' && sameQuantity(wanted, live);
}

/** `1000m` and `1` are one amount. */
function sameQuantity(a: string, b: string): boolean {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  return left.ok && right.ok && left.value.nano === right.value.nano;
}
