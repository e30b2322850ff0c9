import type { AccessPolicy, AccessRule, Subject, Who } from './access.ts';
import { matchesPattern, type Pattern } from './pattern.ts';

/** May, and by which rule; or may not, and whether the caller has anything to do with the tenant at all. */
export type Decision =
  | { readonly allowed: true; readonly rule: AccessRule }
  | { readonly allowed: false; readonly knowsTenant: boolean };

/** Reads what a claim says as texts; the identity layer knows how. */
export type ClaimTexts = (claims: Subject['claims'], name: string) => readonly string[];

/** The rules that are about this caller, in their order: what most decisions have in common. */
export function rulesFor(
  { rules }: AccessPolicy,
  subject: Subject,
  claimTexts: ClaimTexts,
): readonly AccessRule[] {
  return rules.filter(({ who }) => who.some((one) => isWho(one, subject, claimTexts)));
}

/** Decides about an RPC for a tenant; without one, about an RPC that touches none. */
export function decide(
  rules: readonly AccessRule[],
  subject: Pick<Subject, 'tenants'>,
  rpc: string,
  tenant: string | undefined,
): Decision {
  const about = rules.filter((rule) => tenant === undefined || isAbout(rule, subject, tenant));
  const rule = about.find(({ may }) => may.has(rpc));
  return rule === undefined ? { allowed: false, knowsTenant: about.length > 0 } : { allowed: true, rule };
}

function isWho({ identity, group, claims }: Who, subject: Subject, claimTexts: ClaimTexts): boolean {
  if (identity !== undefined && !matchesPattern(identity, subject.name)) return false;
  if (group !== undefined && !anyMatches([group], subject.groups)) return false;
  for (const [name, patterns] of claims ?? [])
    if (!anyMatches(patterns, claimTexts(subject.claims, name))) return false;
  return true;
}

function isAbout(
  { tenants, ownTenants }: AccessRule,
  subject: Pick<Subject, 'tenants'>,
  tenant: string,
): boolean {
  return anyMatches(tenants, [tenant]) || (ownTenants && subject.tenants.includes(tenant));
}

const anyMatches = (patterns: readonly Pattern[], texts: readonly string[]): boolean =>
  patterns.some((pattern) => texts.some((text) => matchesPattern(pattern, text)));
