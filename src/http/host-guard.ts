import type { IncomingHttpHeaders } from 'node:http';
import { isLoopbackName } from '../lib/loopback.ts';

/**
 * Why a request must not be answered, or undefined. A web page must not reach a server that trusts its loopback: a page of another
 * origin sends Origin with everything but plain reads, and a name that an attacker's DNS points at 127.0.0.1 stands in Host. Where callers must
 * prove who they are, a page has nothing to prove it with, and Host may be any name of the server.
 */
export function refusal(headers: IncomingHttpHeaders, trustsLoopback: boolean): string | undefined {
  if (headers.origin !== undefined) {
    return 'requests from web pages (those with an Origin header) are refused: no origin is allowed';
  }
  if (trustsLoopback && !isLoopbackName(hostName(headers.host ?? ''))) {
    return 'the Host header must be localhost or a loopback address: other names may be a DNS rebinding attack';
  }
  return undefined;
}

/** Whether a Host header names a host at all: Connect makes a URL of it, and throws where that cannot be. */
export const isHost = (host: string | undefined): boolean =>
  host === undefined || URL.canParse(`http://${host}`);

function hostName(host: string): string {
  return host.replace(/:\d*$/, '');
}
