import { type NeededAccess, neededAccess } from '../../../src/cli/check/permissions.ts';
import { clusterRole } from '../../../src/cli/check/role.ts';
import { rightName } from '../../support/executor-rights.ts';

/** One verb on one resource. */
export interface Right {
  /** `patch jobs.batch`, `get pods/log`. */
  readonly name: string;
  readonly verb: string;
  readonly needed: NeededAccess;
}

/** Each right of deploy/rbac.yaml by itself, but for those of what this cluster has not; test/contract/hosts.real.test.ts has it. */
export const rights: readonly Right[] = neededAccess
  .filter(({ addOn }) => addOn !== true)
  .flatMap((needed) => needed.verbs.map((verb) => ({ name: rightName(needed, verb), verb, needed })));

/** The rules of deploy/rbac.yaml, without one right. */
export const rulesWithout = (missing: Right): readonly object[] =>
  clusterRole.rules
    .map((rule, i) =>
      neededAccess[i] === missing.needed
        ? { ...rule, verbs: rule.verbs.filter((verb) => verb !== missing.verb) }
        : rule,
    )
    .filter(({ verbs }) => verbs.length > 0);
