import { isIPv6 } from 'node:net';

/** Where a server listens or is reached. */
export interface Address {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/** An address, or why the text is none. */
export type AddressResult =
  | { readonly ok: true; readonly value: Address }
  | { readonly ok: false; readonly message: string };

const grammar = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})?)):(\d{1,5})$/;

export function parseAddress(text: string): AddressResult {
  const match = grammar.exec(text);
  const port = Number(match?.[3]);
  if (match === null)
    return { ok: false, message: `${JSON.stringify(text.slice(0, 80))} ${complaint(text)}` };
  if (match[1] !== undefined && !isIPv6(match[1]))
    return { ok: false, message: `${JSON.stringify(text.slice(0, 80))} has no IPv6 address in its brackets` };
  if (port > 65_535) return { ok: false, message: `port ${port} is above 65535` };
  return { ok: true, value: { host: match[1] ?? match[2] ?? '', port } };
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function complaint(text: string): string {
  if (/^:\d+$/.test(text)) return `has no host; write 127.0.0.1${text.slice(0, 80)} for this machine only`;
  if (/^\d+$/.test(text)) return `has no host; write 127.0.0.1:${text.slice(0, 80)}`;
  if (/^[a-z]+:\/\//i.test(text)) return 'is a URL; write HOST:PORT only';
  if (/^[0-9A-Fa-f:]+$/.test(text)) return 'is an IPv6 address without brackets; write [::1]:7070';
  if (!text.includes(':')) return `has no port; write ${text.slice(0, 80)}:7070`;
  return 'is not HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070';
}
