import { hash } from 'node:crypto';
import { ExecutorError } from '../step/errors.ts';
import type { Caller } from './caller.ts';

export interface TokenCacheDeps {
  readonly verify: (token: string) => Promise<Caller>;
  readonly now: () => number;
  /** How long a token that was good is not looked at again; milliseconds. */
  readonly keepMs?: number;
  /** How long one that was not is refused without a look. */
  readonly refuseMs?: number;
  readonly maxTokens?: number;
}

interface Entry {
  readonly outcome: Promise<Caller>;
  /** Milliseconds; none while the verification is under way. */
  until: number;
}

/**
 * Remembers for a short time what tokens are good for, by their hash: an orchestrator sends the same one with every call, and what is wrong is sent
 * again, too. One that is looked at already is not looked at twice. What could not be found out is not remembered.
 */
export function createTokenCache(deps: TokenCacheDeps): (token: string) => Promise<Caller> {
  const { verify, now, keepMs = 60_000, refuseMs = 10_000, maxTokens = 10_000 } = deps;
  const entries = new Map<string, Entry>();
  return (token) => {
    const key = hash('sha256', token, 'base64');
    const known = entries.get(key);
    if (known !== undefined && now() < known.until) return known.outcome;
    const outcome = verify(token);
    const entry: Entry = { outcome, until: Number.POSITIVE_INFINITY };
    entries.delete(key);
    entries.set(key, entry);
    // The oldest goes, good or not; it is looked at again when it comes.
    for (const oldest of entries.keys()) {
      if (entries.size <= maxTokens) break;
      entries.delete(oldest);
    }
    outcome.then(
      ({ expiresAt = Number.POSITIVE_INFINITY }) => {
        entry.until = Math.min(now() + keepMs, expiresAt);
      },
      (error: unknown) => {
        const isWrong = error instanceof ExecutorError && error.code === 'UNAUTHENTICATED';
        entry.until = isWrong ? now() + refuseMs : 0;
      },
    );
    return outcome;
  };
}
