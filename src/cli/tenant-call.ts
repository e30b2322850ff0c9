import { didYouMean } from '../config/did-you-mean.ts';
import type { FlagValues, Problems } from './option-values.ts';

export const tenantVerbs = ['ensure', 'get', 'list', 'delete'] as const;

/** What is asked of tenants. */
export interface TenantCall {
  readonly verb: (typeof tenantVerbs)[number];
  /** Empty for list, and where the file of ensure says it. */
  readonly tenant: string;
}

/** Reads `ensure [NAME] -f FILE`, `get NAME`, `list` or `delete NAME`. */
export function readTenantCall(words: readonly string[], values: FlagValues, problems: Problems): TenantCall {
  const [word = '', tenant = '', ...more] = words;
  const verb = tenantVerbs.find((one) => one === word);
  if (verb === undefined) {
    const what = word === '' ? 'a verb is missing' : `unknown verb ${JSON.stringify(word)}`;
    problems.push(`${what}: one of ${tenantVerbs.join(', ')}${didYouMean(word, tenantVerbs)}`);
    return { verb: 'list', tenant };
  }
  if (tenant === '' && (verb === 'get' || verb === 'delete'))
    problems.push('the NAME of a tenant is missing');
  for (const one of verb === 'list' ? words.slice(1) : more)
    problems.push(`${JSON.stringify(one)} is not expected here`);
  if (verb === 'ensure' && !values.has('--filename'))
    problems.push('flag --filename: is required: -f FILE, or -f - for standard input');
  const others: readonly (readonly [flag: string, verb: TenantCall['verb']])[] = [
    ['--filename', 'ensure'],
    ['--dry-run', 'ensure'],
    ['--validate-only', 'ensure'],
    ['--force', 'delete'],
  ];
  for (const [flag, its] of others)
    if (values.has(flag) && its !== verb) problems.push(`flag ${flag}: only with ${its}`);
  return { verb, tenant };
}
