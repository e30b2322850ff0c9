import { type Cidr, containsCidr, parseCidr, printCidr } from '../lib/cidr.ts';
import { isDnsLabel } from '../lib/label-syntax.ts';
import type { Violation } from '../step/errors.ts';
import { metadataRangeAround } from './metadata-addresses.ts';

/** Something that agents may reach. */
export interface Egress {
  readonly to:
    | { readonly kind: 'cidr'; readonly cidr: string }
    | { readonly kind: 'namespace'; readonly namespace: string }
    /** A name, or all names of one more label: `*.example.org`. */
    | { readonly kind: 'host'; readonly host: string };
  /** TCP; empty for all. */
  readonly ports: readonly number[];
}

/** Whether a cluster can hold egress to hosts: `no` where it has no CiliumNetworkPolicy, or lets us have none. */
export type HostSupport = 'yes' | 'no' | 'unknown';

export const isHost = ({ to }: Egress): boolean => to.kind === 'host';

export const isPattern = (host: string): boolean => host.startsWith('*.');

/** Of two labels at least, as DNS has them: lower case, no dot at the end. */
const isHostName = (host: string): boolean => {
  const name = isPattern(host) ? host.slice(2) : host;
  return (
    host.length <= 253 &&
    /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?)*$/.test(name) &&
    (isPattern(host) || name.includes('.')) &&
    !/(^|\.)\d+$/.test(name)
  );
};

type Add = (field: string, message: string) => void;

/** Everything that is wrong with a list of them. `field` is that of the list. */
export function checkEgress(list: readonly Egress[], field: string, most: number): readonly Violation[] {
  const violations: Violation[] = [];
  const add: Add = (at, message) => violations.push({ field: at, message });
  if (list.length > most) add(field, `must have at most ${most} entries, has ${list.length}`);
  else for (const [i, egress] of list.entries()) checkOne(add, `${field}[${i}]`, egress);
  return violations;
}

function checkOne(add: Add, path: string, { to, ports }: Egress): void {
  if (to.kind === 'namespace') {
    if (!isDnsLabel(to.namespace))
      add(`${path}.namespace`, 'must be the name of a namespace of this cluster');
  } else if (to.kind === 'host') {
    if (!isHostName(to.host))
      add(`${path}.host`, 'must be a host name such as "db.example.org" in lower case, or "*.example.org"');
  } else {
    const range = parseCidr(to.cidr);
    if (!range.ok) add(`${path}.cidr`, range.message);
    const metadata = range.ok ? metadataRangeAround(range.value) : undefined;
    if (metadata !== undefined)
      add(
        `${path}.cidr`,
        `lies in ${printCidr(metadata)}, where machines get their credentials from: no agent may reach that`,
      );
  }
  if (ports.length > 100) return add(`${path}.ports`, `must have at most 100 entries, has ${ports.length}`);
  for (const [i, port] of ports.entries()) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      add(`${path}.ports[${i}]`, 'must be from 1 to 65535');
    else if (ports.indexOf(port) < i) add(`${path}.ports[${i}]`, 'appears twice');
  }
}

/**
 * Whether all of it is allowed: each port by an entry that holds the whole target. A range that only two neighbours together hold is not:
 * whoever allows it can say so.
 */
export function isWithin(asked: Egress, allowed: readonly Egress[]): boolean {
  const around = allowed.filter(({ to }) => holds(to, asked.to));
  if (asked.ports.length === 0) return around.some(({ ports }) => ports.length === 0);
  return asked.ports.every((port) => around.some(({ ports }) => ports.length === 0 || ports.includes(port)));
}

function holds(outer: Egress['to'], inner: Egress['to']): boolean {
  if (outer.kind === 'namespace' && inner.kind === 'namespace') return outer.namespace === inner.namespace;
  if (outer.kind === 'host' && inner.kind === 'host') return holdsHost(outer.host, inner.host);
  if (outer.kind !== 'cidr' || inner.kind !== 'cidr') return false;
  const [wide, narrow] = [rangeOf(outer.cidr), rangeOf(inner.cidr)];
  return wide !== undefined && narrow !== undefined && containsCidr(wide, narrow);
}

/** The star stands for one label, as Cilium reads it. */
const holdsHost = (outer: string, inner: string): boolean =>
  outer === inner ||
  (isPattern(outer) && !isPattern(inner) && inner.slice(inner.indexOf('.')) === outer.slice(1));

function rangeOf(text: string): Cidr | undefined {
  const parsed = parseCidr(text);
  return parsed.ok ? parsed.value : undefined;
}

/** `10.0.0.0/8 (ports 80, 443)`, for people. */
export function printEgress({ to, ports }: Egress): string {
  const what = to.kind === 'namespace' ? `namespace ${to.namespace}` : to.kind === 'host' ? to.host : to.cidr;
  return ports.length === 0 ? what : `${what} (ports ${ports.join(', ')})`;
}
