import { isIPv4, isIPv6 } from 'node:net';

/** A range of addresses: the network's address as a number, and how many bits of it are fixed. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly network: bigint;
  readonly prefix: number;
}

/** A range, or why the text is none. */
export type CidrResult =
  | { readonly ok: true; readonly value: Cidr }
  | { readonly ok: false; readonly message: string };

const bitsOf = (family: Cidr['family']): number => (family === 4 ? 32 : 128);

/** Reads `10.20.0.0/16` or `2001:db8::/32`. The address must be the network's own, as Kubernetes asks in newer versions. */
export function parseCidr(text: string): CidrResult {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIPv4(address) ? 4 : isIPv6(address) && !address.includes('%') ? 6 : undefined;
  if (family === undefined || length === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length))
    return refuse('must be a range of addresses such as "10.20.0.0/16", or one such as "10.20.30.40/32"');
  const prefix = Number(length);
  if (prefix > bitsOf(family)) return refuse(`must have at most ${bitsOf(family)} bits behind the slash`);
  const number = family === 4 ? numberOf4(address) : numberOf6(address);
  const network = (number >> hostBits({ family, prefix })) << hostBits({ family, prefix });
  // Written so, one range has two names, and what is compared as IPv6 here is enforced as IPv4, or not at all.
  if (family === 6 && number >> 32n === 0xffffn) return refuse('must be written as IPv4');
  const value = { family, network, prefix } as const;
  if (number !== network) return refuse(`must begin at its network's address: ${printCidr(value)}`);
  return { ok: true, value };
}

/** A range that is known to be valid, such as a constant; throws a RangeError for any other text. */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new RangeError(`${text}: ${parsed.message}`);
  return parsed.value;
}

/** Whether every address of the inner range lies in the outer one; a range contains itself. */
export function containsCidr(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  return inner.network >> hostBits(outer) === outer.network >> hostBits(outer);
}

export function printCidr({ family, network, prefix }: Cidr): string {
  return `${family === 4 ? print4(network) : print6(network)}/${prefix}`;
}

const hostBits = ({ family, prefix }: Pick<Cidr, 'family' | 'prefix'>): bigint =>
  BigInt(bitsOf(family) - prefix);

const numberOf4 = (address: string): bigint =>
  address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);

function numberOf6(address: string): bigint {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const low = tail === null ? 0n : numberOf4(tail[2] ?? '');
  const text =
    tail === null ? address : `${tail[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  const [head = '', rest] = text.split('::');
  const words = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));
  const [before, after] = [words(head), words(rest)];
  const zeros = rest === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n);
}

const print4 = (network: bigint): string => [24n, 16n, 8n, 0n].map((by) => (network >> by) & 0xffn).join('.');

/** RFC 5952: the longest run of zeros is left out. */
function print6(network: bigint): string {
  const words = [...Array(8).keys()].map((i) => ((network >> BigInt(16 * (7 - i))) & 0xffffn).toString(16));
  const runs = [...words.join(':').matchAll(/\b0(?::0\b)+/g)].map(([run]) => run);
  const longest = runs.toSorted((a, b) => b.length - a.length)[0];
  if (longest === undefined) return words.join(':');
  const [before = '', after = ''] = splitOnce(words.join(':'), longest);
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}

function splitOnce(text: string, part: string): readonly [string, string] {
  // At a word's border: `10:0:0` holds the text of a run that it has not.
  const at = text.search(new RegExp(`(?<![0-9a-f])${part}(?![0-9a-f])`));
  return [text.slice(0, at), text.slice(at + part.length)];
}

function refuse(message: string): CidrResult {
  return { ok: false, message };
}
