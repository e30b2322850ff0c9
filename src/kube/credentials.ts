import { timeLimit } from '../lib/abort.ts';
import { type Clock, systemClock } from '../lib/clock.ts';

/** What TLS needs: PEM text or bytes. Nothing here is ever logged. */
export type TlsMaterial = {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  /** Absent: verify, as Node does. False only when the kubeconfig says insecure-skip-tls-verify. */
  readonly rejectUnauthorized?: boolean;
};

/** Everything a request needs to be let in. One object per reading: a new reading is a new object. */
export type Credentials = {
  /** Base URL, as in `https://10.0.0.1:6443`; it may have a path. */
  readonly server: string;
  /** Authorization and impersonation headers, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  readonly proxyUrl?: string;
};

/** Reads the credentials anew. `force` also drops what an exec plugin or an OIDC client remembers. */
export type CredentialSource = (options: { readonly force: boolean }) => Promise<Credentials>;

/** The credentials could not be read. The message never contains any part of them. */
export class CredentialsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CredentialsError';
  }
}

/** The current credentials, kept young. */
export type CredentialCache = {
  /** The credentials to use now. Rejects only when none were ever read. */
  readonly get: () => Promise<Credentials>;
  /** After a 401 (or a TLS refusal) with `stale`: what replaces it, read by force unless somebody already has. */
  readonly renew: (stale: Credentials) => Promise<Credentials>;
};

export type CredentialCacheDeps = {
  readonly source: CredentialSource;
  readonly clock?: Clock;
  /** From this age on the credentials are reread in the background. */
  readonly softAgeMs?: number;
  /** From this age on a request waits for the reread. A projected token is replaced at 80 % of its life, so a minute is soon enough. */
  readonly hardAgeMs?: number;
  /** After a failed reread the old ones stay in use this long before the next try. */
  readonly retryMs?: number;
  /** An exec plugin may hang; nobody waits for it longer than this. */
  readonly readTimeoutMs?: number;
  /** A reread that failed while older credentials are still in use. */
  readonly onError?: (error: unknown) => void;
};

/** Keeps one reading of the credentials and replaces it in single flight, so that no exec plugin is run in a herd. */
export function createCredentialCache(deps: CredentialCacheDeps): CredentialCache {
  const { source, clock = systemClock, softAgeMs = 30_000, hardAgeMs = 60_000, retryMs = 5_000 } = deps;
  let current:
    | { readonly value: Credentials; readonly nextSoft: number; readonly nextHard: number }
    | undefined;
  let flight: { readonly force: boolean; readonly done: Promise<Credentials> } | undefined;

  async function read(force: boolean): Promise<Credentials> {
    const limit = timeLimit(deps.readTimeoutMs ?? 60_000);
    const timeout = new Promise<never>((_, reject) => {
      limit.signal.addEventListener('abort', () =>
        reject(new CredentialsError('reading the credentials timed out')),
      );
    });
    try {
      const value = await Promise.race([source({ force }), timeout]);
      const now = clock.now();
      current = { value, nextSoft: now + softAgeMs, nextHard: now + hardAgeMs };
      return value;
    } catch (error) {
      // A half-written file or a plugin's bad minute must not stop requests that the old token still serves.
      if (current) {
        const retryAt = clock.now() + retryMs;
        current = { value: current.value, nextSoft: retryAt, nextHard: retryAt };
      }
      throw error;
    } finally {
      limit.clear();
    }
  }

  function refresh(force: boolean): Promise<Credentials> {
    if (flight && (flight.force || !force)) return flight.done;
    const before = flight?.done.catch(() => undefined) ?? Promise.resolve(undefined);
    const mine = { force, done: before.then(() => read(force)) };
    flight = mine;
    mine.done
      .catch(() => undefined)
      .finally(() => {
        if (flight === mine) flight = undefined;
      });
    return mine.done;
  }

  async function refreshOrKeep(): Promise<Credentials> {
    try {
      return await refresh(false);
    } catch (error) {
      if (!current) throw error;
      deps.onError?.(error);
      return current.value;
    }
  }

  return {
    async get() {
      const now = clock.now();
      if (!current || now >= current.nextHard) return refreshOrKeep();
      if (now >= current.nextSoft && !flight) void refreshOrKeep();
      return current.value;
    },
    async renew(stale) {
      return current && current.value !== stale ? current.value : refresh(true);
    },
  };
}
