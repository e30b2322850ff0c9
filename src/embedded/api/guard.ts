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

/** True when the request may proceed: the cluster's own token, or a path that is open to all. */
export function isAuthorized(path: string, authorization: string | undefined, token: string): boolean {
  return OPEN.has(path) || sameSecret(authorization ?? '', `Bearer ${token}`);
}
