import { printable } from '../../printable.ts';
import type { Check } from '../check.ts';
import type { CanaryResult } from './canary.ts';
import type { EgressVerdict, KeptVerdict } from './verdict.ts';

const name = 'egress';
const ask = 'run "glip-executor check --egress"';

const openRemedy =
  'install a network plugin that enforces NetworkPolicies, such as Cilium or Calico, and check again; until then let nobody run steps here who must not reach the cluster or other tenants';
const lateRemedy =
  'see what the network plugin says of pods that start; until then what an agent sends in its first moments may go anywhere';

/** What a canary has found. It was asked for, so no answer is a failure, too. */
export function canaryCheck({ verdict, notes }: CanaryResult): Check {
  const more = notes.map((line) => `; ${printable(line)}`).join('');
  const of = found(verdict, '');
  return { ...of, status: verdict.state === 'unknown' ? 'fail' : of.status, what: of.what + more };
}

/** What the last canary has found, for those who do not ask for another one. */
export function keptCheck(kept: KeptVerdict | undefined): Check {
  if (kept === undefined)
    return {
      name,
      status: 'warn',
      what: 'whether NetworkPolicies are enforced here is not known',
      remedy: `${ask}: it starts three small pods for a moment`,
    };
  const of = found(kept, `, as of ${kept.time}`);
  return { ...of, status: of.status === 'fail' ? 'warn' : of.status };
}

function found(verdict: EgressVerdict, when: string): Check {
  switch (verdict.state) {
    case 'enforced': {
      const where = `on node ${printable(verdict.node)}${when}`;
      if (!verdict.late)
        return {
          name,
          status: 'ok',
          what: `NetworkPolicies are enforced ${where}: a pod that may reach nothing reached nothing, and another one like it did`,
        };
      const what = `NetworkPolicies are enforced late ${where}: a pod that may reach nothing got through when it started, and then no more`;
      return { name, status: 'warn', what, remedy: lateRemedy };
    }
    case 'open':
      return {
        name,
        status: 'fail',
        what: `NetworkPolicies are not enforced on node ${printable(verdict.node)}${when}: a pod that may reach nothing got through, so every step reaches whatever it likes`,
        remedy: openRemedy,
      };
    case 'unknown':
      return {
        name,
        status: 'warn',
        what: `whether NetworkPolicies are enforced could not be found out: ${printable(verdict.why)}`,
        remedy:
          'see to that and check again; --egress-image names an image with a shell, httpd and nc that the nodes can have, --egress-timeout gives more time',
      };
    default: {
      const never: never = verdict;
      return never;
    }
  }
}
