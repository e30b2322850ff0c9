import type { Message } from '@bufbuild/protobuf';
import type { AccessLimits, AccessRule, Subject } from '../policy/access.ts';
import { decide } from '../policy/decide.ts';
import type { Rate } from '../policy/rate.ts';
import { ExecutorError } from '../step/errors.ts';
import { hiddenTenant, notAllowed } from './access-refusals.ts';
import { type AccessRow, policyName } from './access-table.ts';
import type { Caller } from './handler.ts';

/** The policy that holds now. */
export interface Access {
  /** The rules that are about a caller. Another array after each change of the policy. */
  rulesFor(subject: Subject): readonly AccessRule[];
  /** Told after each change of the policy. */
  subscribe(listener: () => void): () => void;
}

export interface GuardDeps {
  /** Absent: whoever is known may do everything. */
  readonly access?: Access;
  /** Nobody is served who is not known, but by what is public. */
  readonly needsIdentity: boolean;
  readonly namespacePrefix: string;
  readonly rate: Rate;
}

/** What was decided of a call, for the audit log. */
export interface Admission {
  readonly tenant: string | undefined;
  /** Name of the rule; absent where no policy is configured, and for what is public. */
  readonly rule?: string;
  readonly limits: AccessLimits;
  /** To be called before a call that is no submit makes a Job all the same: counts as a submit, and throws where there are too many. */
  readonly spend?: () => void;
  /** Answered in place of the handler: the caller has nothing to do with the tenant. */
  readonly instead?: Message;
  /** Which tenants the caller may see by this call; absent for all. */
  readonly sees?: (tenant: string) => boolean;
  /** Whether the policy of now says the same; absent where there is none. */
  readonly holds?: () => boolean;
}

export type Guard = ReturnType<typeof createGuard>;

/** The one place that says whether a call may be made. Throws an ExecutorError when it may not. */
export function createGuard({ access, needsIdentity, namespacePrefix, rate }: GuardDeps) {
  const admit = (row: AccessRow, method: string, caller: Caller, request: Message | undefined): Admission => {
    const tenant =
      typeof row.tenant === 'function' && request !== undefined ? row.tenant(request) : undefined;
    if (row.set === 'public') return { tenant, limits: {} };
    // The edges have refused them; this is the second door, for an edge that forgets.
    if (needsIdentity && caller.by === 'nothing') throw nobodyKnown();
    if (access === undefined) return { tenant, limits: {} };
    const rpc = policyName(method);
    // What names no tenant where one is needed is refused by its handler, with all that is wrong with it.
    const about = tenant === '' ? undefined : tenant;
    const mayNow = () => decide(access.rulesFor(caller), caller, rpc, about);
    const decision = mayNow();
    if (!decision.allowed) {
      if (
        about !== undefined &&
        request !== undefined &&
        !decision.knowsTenant &&
        mayAtAll(access, caller, rpc)
      )
        return hide(hiddenTenant(row, request, { rpc, tenant: about, caller: caller.name, namespacePrefix }));
      throw notAllowed(rpc, about, caller.name);
    }
    const { limits, name } = decision.rule;
    const spendOne = (): void => spend(rate, caller.name, decision.rule);
    if (rpc === 'SubmitStep') spendOne();
    return {
      tenant,
      rule: name,
      limits,
      holds: () => mayNow().allowed,
      ...(rpc === 'CancelStep' && { spend: spendOne }),
      ...(row.tenant === 'visible' && { sees: createSight(access, caller, rpc) }),
    };
  };
  return { admit, access };
}

function hide(told: ExecutorError | Message): Admission {
  if (told instanceof ExecutorError) throw told;
  return { tenant: undefined, limits: {}, instead: told };
}

/** Whether some tenant is there for which the caller may do it: who may not at all is told so, which says nothing of any tenant. */
const mayAtAll = (access: Access, caller: Caller, rpc: string): boolean =>
  decide(access.rulesFor(caller), caller, rpc, undefined).allowed;

/** Which tenants a caller sees, by the policy of the moment; a stream may live through several. */
function createSight(access: Access, caller: Caller, rpc: string): (tenant: string) => boolean {
  let rules = access.rulesFor(caller);
  const known = new Map<string, boolean>();
  return (tenant) => {
    const now = access.rulesFor(caller);
    if (now !== rules) known.clear();
    rules = now;
    const seen = known.get(tenant) ?? decide(rules, caller, rpc, tenant).allowed;
    known.set(tenant, seen);
    return seen;
  };
}

function spend(rate: Rate, caller: string, { name, limits: { submitsPerSecond } }: AccessRule): void {
  if (submitsPerSecond === undefined) return;
  const waitMs = rate.take(`${name} ${caller}`, submitsPerSecond);
  if (waitMs === 0) return;
  throw new ExecutorError({
    code: 'RESOURCE_EXHAUSTED',
    reason: 'SUBMIT_RATE_EXCEEDED',
    message: `more than ${submitsPerSecond} submits per second, which the rule ${name} of the policy allows; come back later`,
    metadata: { rule: name, submits_per_second: String(submitsPerSecond) },
    retryAfterMs: waitMs,
  });
}

const nobodyKnown = (): ExecutorError =>
  new ExecutorError({
    code: 'UNAUTHENTICATED',
    reason: 'CREDENTIALS_MISSING',
    message: 'nobody is known by this call',
  });
