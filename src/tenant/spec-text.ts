import { canonicalJson } from '../lib/canonical-json.ts';
import { isRecord } from '../lib/is-record.ts';
import type { JsonValue } from '../lib/json-text.ts';
import { emptySpec, type TenantSpec } from './spec.ts';

/** A description, or why the text is none. */
export type SpecResult =
  | { readonly ok: true; readonly value: TenantSpec }
  | { readonly ok: false; readonly message: string };

/** The description as it stands on the tenant's namespace: the same text for the same description, without what is left to defaults. */
export function printSpec(spec: TenantSpec): string {
  const said = Object.entries(spec).filter(([, value]) => isSaid(value));
  return canonicalJson(JSON.parse(JSON.stringify({ version: 1, ...Object.fromEntries(said) })) as JsonValue);
}

const isSaid = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  Object.values(value).some((v) => v !== undefined && isSaid(v));

/**
 * Reads what printSpec wrote. People may edit it; and a member that this executor does not know, as a newer one may have written, could be
 * what keeps somebody out: neither is read half.
 */
export function readSpec(text: string | undefined): SpecResult {
  if (text === undefined) return no('it is missing');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return no('it is no JSON');
  }
  if (!isRecord(value) || value.version !== 1) return no('it is not of version 1');
  // JSON may hold half a character, which no text that is printed may.
  if (!isPrintable(value as JsonValue)) return no('it has a text that is no Unicode');
  const { version: _, ...members } = value;
  for (const [name, member] of Object.entries(members)) {
    const check = Object.hasOwn(shapes, name) ? shapes[name as keyof TenantSpec] : undefined;
    if (check === undefined)
      return no(`this executor does not know its ${JSON.stringify(name.slice(0, 80))}`);
    if (!check(member)) return no(`its ${name} cannot be read`);
  }
  const spec: TenantSpec = { ...emptySpec, ...members };
  return { ok: true, value: { ...spec, defaults: { ...emptySpec.defaults, ...spec.defaults } } };
}

function isPrintable(value: JsonValue): boolean {
  try {
    canonicalJson(value);
    return true;
  } catch {
    return false;
  }
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isNumber: Check = (value) => typeof value === 'number';
const isMap: Check = (value) => isRecord(value) && Object.values(value).every(isText);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** An object of these members, each of which may be missing. */
const objectOf =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) &&
    Object.entries(value).every(
      ([name, item]) => Object.hasOwn(checks, name) && checks[name]?.(item) === true,
    );

const target: Check = (value) =>
  isRecord(value) &&
  ((value.kind === 'cidr' && isText(value.cidr)) ||
    (value.kind === 'namespace' && isText(value.namespace)) ||
    (value.kind === 'host' && isText(value.host)));
const egress: Check = (value) =>
  isRecord(value) && target(value.to) && listOf(isNumber)(value.ports) && Object.keys(value).length === 2;

const shapes: Readonly<Record<keyof TenantSpec, Check>> = {
  quota: isMap,
  pools: listOf(isText),
  priorityClasses: listOf(isText),
  imageSources: listOf(isText),
  imageKeys: listOf(isText),
  signatures: (value) => value === 'required' || value === 'not-required',
  egress: listOf(egress),
  secrets: listOf(isText),
  imagePullSecrets: listOf(isText),
  labels: isMap,
  defaults: objectOf({
    pool: isText,
    priorityClass: isText,
    timeouts: objectOf({ queue: isNumber, start: isNumber, run: isNumber, total: isNumber }),
    atMostOnce: isFlag,
    replaceDisrupted: isFlag,
    uninterruptible: isFlag,
    gracePeriod: isNumber,
    ttlAfterFinished: isNumber,
    retainUntilAcknowledged: isNumber,
  }),
};

const no = (message: string): SpecResult => ({ ok: false, message });
