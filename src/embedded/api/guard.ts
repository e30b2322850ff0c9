import { timingSafeEqual } from 'node:crypto';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
/** Probes and the version tell nothing about anybody, and the real server answers them to all. */
const OPEN = new Set(['/version', '/healthz', '/livez', '/readyz']);

/** True for a Host header that names this machine itself. A page in a browser that was led here by DNS carries its own name. */
export function isLoopbackHost(host: string | undefined): boolean {
  return LOOPBACK.has((host ?? '').replace(/:[0-9]{1,5}$/, '').toLowerCase());
}

/** True for an address on which nobody but this machine can connect. */
export function isLoopbackAddress(address: string): boolean {
  return /^127(\.[0-9]{1,3}){3}$/.test(address) || address === '::1' || address === 'localhost';
}

function sameSecret(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The token at the head of a path, for clients that send none over plain HTTP: kubectl, with `SERVER/token/TOKEN` as its server. */
const IN_PATH = /^\/token\/([^/]+)(?=\/|$)/;

/** The path that a request is really for, when it may proceed: with the cluster's own token, or to a path that is open to all. */
export function authorizedPath(
  path: string,
  authorization: string | undefined,
  token: string,
): string | undefined {
  const inPath = IN_PATH.exec(path);
  if (inPath !== null) {
    return sameSecret(inPath[1] ?? '', token) ? path.slice(inPath[0].length) || '/' : undefined;
  }
  return OPEN.has(path) || sameSecret(authorization ?? '', `Bearer ${token}`) ? path : undefined;
}
