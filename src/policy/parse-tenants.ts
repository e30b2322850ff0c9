import { type ConfigProblem, readConfig } from '../lib/config-reader.ts';
import { identifierProblem } from '../step/key.ts';

/** What is the default of a tenant's steps, where it is not the cluster's. */
export interface TenantDefaults {
  readonly startGuarantee?: StartGuaranteeName;
}

export const startGuarantees = ['at-least-once', 'at-most-once'] as const;
export type StartGuaranteeName = (typeof startGuarantees)[number];

/** By tenant; or everything that is wrong with them. */
export type TenantsResult =
  | { readonly ok: true; readonly value: ReadonlyMap<string, TenantDefaults> }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

const isName = (text: string): text is StartGuaranteeName =>
  (startGuarantees as readonly string[]).includes(text);

/** Reads `{TENANT: {startGuarantee}}` from a configuration of unknown shape. Lists every problem, each with its path below `path`. */
export function parseTenants(config: unknown, path = ''): TenantsResult {
  const problems: ConfigProblem[] = [];
  const reader = readConfig(config ?? {}, path, problems);
  const tenants = new Map<string, TenantDefaults>();
  for (const name of reader.keys()) {
    const problem = identifierProblem(name);
    if (problem !== undefined) reader.report(name, `is no tenant's id, which ${problem}`);
    const member = reader.child(name);
    member.allow(['startGuarantee']);
    const said = member.text('startGuarantee', isName, `must be one of ${startGuarantees.join(', ')}`);
    if (said !== undefined && isName(said)) tenants.set(name, { startGuarantee: said });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: tenants };
}
