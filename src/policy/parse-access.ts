import { type ConfigProblem, type ConfigReader, readConfig } from '../lib/config-reader.ts';
import {
  type AccessLimits,
  type AccessPolicy,
  type AccessRule,
  ownTenants,
  type RpcNames,
  type Who,
} from './access.ts';

/** A policy, or everything that is wrong with it. */
export type AccessResult =
  | { readonly ok: true; readonly value: AccessPolicy }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export interface AccessNames {
  readonly rpcs: RpcNames;
  readonly pools: readonly string[];
}

const mostRules = 1_000;

/** Reads `{rules: [...]}` from a document of unknown shape. Lists every problem, each with its path. */
export function parseAccess(document: unknown, names: AccessNames): AccessResult {
  const problems: ConfigProblem[] = [];
  const reader = readConfig(document ?? {}, '', problems);
  reader.allow(['rules']);
  // An empty file is more likely one that was not written yet than the wish to lock everybody out.
  if (!reader.has('rules')) reader.report('rules', 'is missing; write [] to let nobody do anything');
  const readers = reader.items('rules');
  if (readers.length > mostRules)
    reader.report('rules', `must be at most ${mostRules}, are ${readers.length}`);
  const rules = readers.slice(0, mostRules).map((rule) => readRule(rule, names));
  const seen = new Set<string>();
  for (const [i, { name }] of rules.entries()) {
    if (seen.has(name)) readers[i]?.report('name', 'is the name of another rule, too');
    seen.add(name);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { rules } };
}

function readRule(reader: ConfigReader, names: AccessNames): AccessRule {
  reader.allow(['name', 'who', 'may', 'tenants', 'limits']);
  if (!reader.has('name')) reader.report('name', 'is missing: it is what "by which rule" is answered with');
  const name = reader.text('name', isRuleName, 'must be 1 to 63 letters, digits, "-", "_" and "."') ?? '';
  const who = reader.items('who').map(readWho);
  if (who.length === 0) reader.report('who', 'must be a list of at least one of identity, group and claims');
  const tenants = reader.texts('tenants', isTenantPattern, tenantRule) ?? [];
  return {
    name,
    who,
    may: readMay(reader, names.rpcs),
    tenants: tenants.filter((tenant) => tenant !== ownTenants),
    ownTenants: tenants.includes(ownTenants),
    limits: readLimits(reader.child('limits'), names.pools),
  };
}

function readWho(reader: ConfigReader): Who {
  reader.allow(['identity', 'group', 'claims']);
  if (!['identity', 'group', 'claims'].some(reader.has))
    reader.report('', 'needs identity, group or claims; write identity: "*" for everybody who is known');
  const identity = reader.text('identity', isPattern, patternRule);
  const group = reader.text('group', isPattern, patternRule);
  const asked = reader.child('claims');
  const claims = new Map(
    asked.keys().map((name) => {
      const patterns = asked.texts(name, isPattern, patternRule) ?? [];
      if (patterns.length === 0) asked.report(name, 'must be a list of at least one');
      return [name, patterns] as const;
    }),
  );
  return {
    ...(identity !== undefined && { identity }),
    ...(group !== undefined && { group }),
    ...(claims.size > 0 && { claims }),
  };
}

function readMay(reader: ConfigReader, { names, sets }: RpcNames): ReadonlySet<string> {
  const isKnown = (word: string): boolean => names.includes(word) || Object.hasOwn(sets, word);
  const rule = `must be one of ${Object.keys(sets).join(', ')}, or of ${names.join(', ')}`;
  const words = reader.texts('may', isKnown, rule) ?? [];
  if (words.length === 0) reader.report('may', 'must be a list of at least one');
  return new Set(words.flatMap((word) => (Object.hasOwn(sets, word) ? (sets[word] ?? []) : [word])));
}

function readLimits(reader: ConfigReader, pools: readonly string[]): AccessLimits {
  reader.allow(['stepsInFlight', 'submitsPerSecond', 'largestPool']);
  const count = (key: string, least: bigint): number | undefined => {
    if (!reader.has(key)) return undefined;
    const value = reader.count(key, 0n);
    if (value < least || value > 1_000_000n) reader.report(key, `must be from ${least} to 1000000`);
    return Number(value);
  };
  const stepsInFlight = count('stepsInFlight', 0n);
  const submitsPerSecond = count('submitsPerSecond', 1n);
  const rule = `must be one of the pools: ${pools.join(', ')}`;
  const largestPool = reader.text('largestPool', (name) => pools.includes(name), rule);
  return {
    ...(stepsInFlight !== undefined && { stepsInFlight }),
    ...(submitsPerSecond !== undefined && { submitsPerSecond }),
    ...(largestPool !== undefined && { largestPool }),
  };
}

const isRuleName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text);
const isPattern = (text: string): boolean => text !== '' && text.length <= 1_024 && !/\p{Cc}/u.test(text);
const patternRule = 'must be a text of 1 to 1024 characters, in which * stands for any';
const isTenantPattern = (text: string): boolean => text === ownTenants || /^[a-z0-9_*-]{1,63}$/.test(text);
const tenantRule = `must be a tenant's id, in which * stands for any, or ${ownTenants}`;
