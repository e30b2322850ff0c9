import type { AuthzQuestion } from '../cli/executor/authz-options.ts';
import type { Output } from '../cli/executor/parse-command.ts';
import { didYouMean } from '../config/did-you-mean.ts';
import { claimTexts } from '../identity/claims.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { AccessPolicy } from '../policy/access.ts';
import { decide, rulesFor } from '../policy/decide.ts';
import { rpcNames } from '../rpc/access-table.ts';

/** What a policy answers, and the exit code: 0 may, 1 may not, 2 wrong question. */
export interface AuthzAnswer {
  readonly text: string;
  readonly exitCode: 0 | 1 | 2;
}

/** Answers by the same code that decides about calls. */
export function answerAuthz(policy: AccessPolicy, question: AuthzQuestion, output: Output): AuthzAnswer {
  const { identity: name, groups, claims, ownTenants: tenants, rpc, tenant } = question;
  if (!rpcNames.names.includes(rpc))
    return {
      text: `${JSON.stringify(rpc)} is no RPC${didYouMean(rpc, rpcNames.names)}; there are: ${rpcNames.names.join(', ')}\n`,
      exitCode: 2,
    };
  const subject = { name, groups, tenants, claims };
  const rules = rulesFor(policy, subject, claimTexts);
  const decision = decide(rules, subject, rpc, tenant);
  const exitCode = decision.allowed ? 0 : 1;
  if (output === 'json') {
    const { allowed } = decision;
    const rule = decision.allowed ? { rule: decision.rule.name, limits: decision.rule.limits } : {};
    return {
      text: `${JSON.stringify({ allowed, ...rule, rulesOfCaller: rules.map((one) => one.name) })}\n`,
      exitCode,
    };
  }
  const whom = (all: string): string => (tenant === undefined ? all : `the tenant ${oneLine(tenant, 80)}`);
  const may = `${oneLine(name, 200)} may ${decision.allowed ? '' : 'not '}call ${rpc} for`;
  if (decision.allowed) {
    const limits = Object.entries(decision.rule.limits).map(([limit, value]) => `${limit} ${value}`);
    return {
      text: `yes: ${may} ${whom('any tenant at all')}, by the rule ${decision.rule.name}${limits.length > 0 ? ` (${limits.join(', ')})` : ''}\n`,
      exitCode,
    };
  }
  const why =
    rules.length === 0
      ? 'no rule is about this caller'
      : `none of the rules about it says so: ${rules.map((one) => one.name).join(', ')}`;
  return { text: `no: ${may} ${whom('any tenant')}: ${why}\n`, exitCode };
}
