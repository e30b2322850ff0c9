import {
  createLocalJWKSet,
  createRemoteJWKSet,
  type JSONWebKeySet,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose';
import { type WatchedFiles, watchFiles } from '../lib/watched-files.ts';
import type { Issuer } from './issuers.ts';

export interface IssuerKeysDeps {
  /** How often a file is looked at when nothing tells of a change; milliseconds. */
  readonly intervalMs: number;
  readonly onReload: (outcome: 'applied' | 'refused', issuer: string, problem?: unknown) => void;
  /** Milliseconds; for tests. */
  readonly refreshMs?: number;
  readonly cooldownMs?: number;
}

/** The public keys of an issuer. */
export interface IssuerKeys {
  readonly find: JWTVerifyGetKey;
  close(): void;
}

/** Keys that an issuer has taken back are believed so long at most, as long as it answers. */
const usualRefreshMs = 5 * 60_000;
/** And no longer than this when it does not answer: its signature may be in other hands by now. */
const mostStaleMs = 12 * 3_600_000;
/** A key that is not known is asked for, but no more often than this: anybody can name keys. */
const usualCooldownMs = 10_000;

/** Keys by URL, with what is known kept while the issuer does not answer; or from a file that is read again. */
export function issuerKeys(issuer: Issuer, deps: IssuerKeysDeps): IssuerKeys {
  return 'file' in issuer.keys
    ? keysOfFile(issuer.keys.file, issuer.name, deps)
    : keysOfUrl(issuer.keys.url, issuer.name, deps);
}

function keysOfFile(path: string, name: string, { intervalMs, onReload }: IssuerKeysDeps): IssuerKeys {
  const files: WatchedFiles<JWTVerifyGetKey> = watchFiles({
    paths: [path],
    parse: ([text]) => createLocalJWKSet(JSON.parse(String(text)) as JSONWebKeySet),
    intervalMs,
    onChange: () => onReload('applied', name),
    onProblem: (problem) => onReload('refused', name, problem),
  });
  return { find: (header, token) => files.current(header, token), close: files.close };
}

function keysOfUrl(url: string, name: string, deps: IssuerKeysDeps): IssuerKeys {
  // jose asks anew for a key that it does not know; what it knows is asked for here, so that an issuer that is down locks nobody out.
  const cache: { uat?: number } & JWKSCacheInput = {};
  const cacheMaxAge = Number.POSITIVE_INFINITY;
  const { refreshMs = usualRefreshMs, cooldownMs: cooldownDuration = usualCooldownMs, onReload } = deps;
  const remote = createRemoteJWKSet(new URL(url), { cacheMaxAge, cooldownDuration, [jwksCache]: cache });
  const refresh = async (): Promise<void> => {
    try {
      await remote.reload();
      onReload('applied', name);
    } catch (problem) {
      onReload('refused', name, problem);
    }
  };
  const timer = setInterval(refresh, refreshMs);
  timer.unref();
  void refresh();
  return {
    async find(header, token) {
      if (cache.uat !== undefined && Date.now() - cache.uat > mostStaleMs) await remote.reload();
      return remote(header, token);
    },
    close: () => clearInterval(timer),
  };
}
