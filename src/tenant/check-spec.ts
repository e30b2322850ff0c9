import { parsePublicKey } from '../image/public-key.ts';
import { sourceProblem } from '../image/source.ts';
import { isReserved } from '../job/metadata.ts';
import { longestGraceSeconds, secondsProblem } from '../job/options.ts';
import { longestRetentionSeconds } from '../job/retain.ts';
import { member } from '../lib/field-path.ts';
import { isLabelKey, isLabelValue, isSubdomain, labelKeyRule, labelValueRule } from '../lib/label-syntax.ts';
import { parseQuantity } from '../lib/quantity.ts';
import { checkEgress } from '../policy/egress.ts';
import type { Violation } from '../step/errors.ts';
import { isCount, quotaNameProblem } from './quota-name.ts';
import type { TenantSpec } from './spec.ts';

type Add = (field: string, message: string) => void;

/** Everything that is wrong with a tenant's description; `pools` are those of this executor. Fields are named as in the contract. */
export function checkSpec(spec: TenantSpec, pools: readonly string[], path: string): readonly Violation[] {
  const violations: Violation[] = [];
  const add: Add = (field, message) => violations.push({ field: `${path}.${field}`, message });
  quota(add, spec.quota);
  names(add, 'pools', spec.pools, (pool) =>
    pools.includes(pool) ? undefined : `no pool of this name; there are: ${pools.join(', ')}`,
  );
  names(add, 'priority_classes', spec.priorityClasses, priorityProblem);
  names(add, 'image_sources', spec.imageSources, sourceProblem);
  names(add, 'image_keys', spec.imageKeys, keyProblem, 20);
  names(add, 'secrets', spec.secrets, secretProblem);
  names(add, 'image_pull_secrets', spec.imagePullSecrets, secretProblem);
  labels(add, spec.labels);
  violations.push(...checkEgress(spec.egress, `${path}.egress`, 200));
  defaults(add, spec, pools);
  return violations;
}

function quota(add: Add, limits: TenantSpec['quota']): void {
  const entries = Object.entries(limits);
  if (entries.length > 64) return add('quota', `must have at most 64 entries, has ${entries.length}`);
  for (const [name, text] of entries) {
    const field = member('quota', name);
    const problem = quotaNameProblem(name);
    if (problem !== undefined) add(field, problem);
    const amount = parseQuantity(text);
    if (!amount.ok) add(field, amount.message);
    else if (amount.value.nano < 0n) add(field, 'must not be negative');
    else if (isCount(name) && amount.value.nano % 1_000_000_000n !== 0n) add(field, 'must be a whole number');
  }
}

function names(
  add: Add,
  field: string,
  list: readonly string[],
  problemOf: (name: string) => string | undefined,
  most = 100,
): void {
  if (list.length > most) return add(field, `must have at most ${most} entries, has ${list.length}`);
  for (const [i, name] of list.entries()) {
    const problem = list.indexOf(name) < i ? 'appears twice' : problemOf(name);
    if (problem !== undefined) add(`${field}[${i}]`, problem);
  }
}

function keyProblem(pem: string): string | undefined {
  const parsed = parsePublicKey(pem);
  return parsed.ok ? undefined : parsed.message;
}

const secretProblem = (name: string): string | undefined =>
  isSubdomain(name) ? undefined : 'must be the name of a Secret';

function priorityProblem(name: string): string | undefined {
  if (!isSubdomain(name)) return 'must be the name of a PriorityClass';
  // They would let a tenant's step evict the cluster's own pods.
  return name.startsWith('system-') ? 'is reserved for the system' : undefined;
}

function labels(add: Add, values: TenantSpec['labels']): void {
  const entries = Object.entries(values);
  if (entries.length > 64) return add('labels', `must have at most 64 entries, has ${entries.length}`);
  for (const [key, value] of entries) {
    const field = member('labels', key);
    if (!isLabelKey(key)) add(field, labelKeyRule);
    else if (isReserved(key)) add(field, 'the key is reserved');
    if (!isLabelValue(value)) add(field, labelValueRule);
  }
}

function defaults(add: Add, spec: TenantSpec, pools: readonly string[]): void {
  const { defaults: said } = spec;
  const at = (field: string) => `default_options.${field}`;
  const seconds = (field: string, value: number | undefined, min: number, max: number): void => {
    const problem = value === undefined ? undefined : secondsProblem(value, min, max);
    if (problem !== undefined) add(at(field), problem);
  };
  for (const name of ['queue', 'start', 'total'] as const)
    seconds(`timeouts.${name}`, said.timeouts[name], 1, 2_592_000);
  seconds('timeouts.run', said.timeouts.run, 1, 86_400);
  seconds('grace_period', said.gracePeriod, 0, longestGraceSeconds);
  seconds('ttl_after_finished', said.ttlAfterFinished, 60, 2_592_000);
  seconds('retain_until_acknowledged', said.retainUntilAcknowledged, 1, longestRetentionSeconds);
  const allowed = spec.pools.length > 0 ? spec.pools : pools;
  if (said.pool !== undefined && !allowed.includes(said.pool))
    add(at('pool'), `is none of the tenant's pools: ${allowed.join(', ')}`);
  if (said.priorityClass !== undefined && !spec.priorityClasses.includes(said.priorityClass))
    add(at('priority_class'), "is none of the tenant's priority_classes");
  if (said.atMostOnce === true && said.replaceDisrupted === true)
    add(
      at('disruption_policy'),
      'a pod cannot be replaced with START_GUARANTEE_AT_MOST_ONCE: choose one of the two',
    );
}
