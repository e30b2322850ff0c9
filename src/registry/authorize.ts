import { answerInvalid, registryDenied, registryUnavailable } from '../image/errors.ts';
import type { Repository } from '../image/ports.ts';
import { isRecord } from '../lib/is-record.ts';
import { createMemory } from '../lib/memory.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials, FindCredentials } from './docker-config.ts';
import type { Http } from './http.ts';

export interface AuthorizeDeps {
  readonly http: () => Http;
  readonly credentials: FindCredentials;
  /** Whether a host may be asked over http. */
  readonly isPlain: (host: string) => boolean;
  readonly now: () => number;
}

/** What is shown to registries: learned from their challenges. */
export interface Authorize {
  /** The header that was good last; undefined before the first challenge. */
  known(at: Repository): string | undefined;
  /** What a 401 asks for; undefined where there is nothing to show. */
  answer(at: Repository, challenge: Challenge | undefined, signal: AbortSignal): Promise<string | undefined>;
}

const longestTokenMs = 300_000;
const maxTokenBytes = 64 * 1024;

export function createAuthorize(deps: AuthorizeDeps): Authorize {
  const headers = createMemory<string>({ most: 1_000, ttlMs: longestTokenMs, now: deps.now });
  const keyOf = (at: Repository): string => `${at.registry}/${at.repository}`;

  /** The usual way of registries: credentials are shown at the realm, and its token to the registry. */
  const fetchToken = async (
    at: Repository,
    { realm, service }: Extract<Challenge, { scheme: 'bearer' }>,
    shown: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly token: string; readonly forMs: number }> => {
    const url = realmUrl(realm, at, deps.isPlain);
    const about = { service, scope: `repository:${at.repository}:pull` };
    const ask = { about: at, maxBytes: maxTokenBytes, signal };
    const refreshed = shown?.kind === 'identity token';
    if (!refreshed) for (const [name, value] of Object.entries(about)) url.searchParams.set(name, value);
    const answer = await deps.http().ask(url, {
      ...ask,
      headers: shown?.kind === 'password' ? { authorization: basic(shown) } : {},
      ...(refreshed && {
        form: new URLSearchParams({
          ...about,
          grant_type: 'refresh_token',
          client_id: 'glip-executor',
          refresh_token: shown.token,
        }),
      }),
    });
    if (answer.status !== 200) throw refused(at, answer.status, url.host);
    return readToken(answer.body, at);
  };

  return {
    known: (at) => headers.get(keyOf(at)),
    async answer(at, challenge, signal) {
      const shown = deps.credentials(at);
      if (shown?.kind === 'registry token') return keep(`Bearer ${shown.token}`, longestTokenMs);
      if (challenge?.scheme === 'basic')
        return shown?.kind === 'password' ? keep(basic(shown), longestTokenMs) : undefined;
      if (challenge === undefined) return undefined;
      const { token, forMs } = await fetchToken(at, challenge, shown, signal);
      return keep(`Bearer ${token}`, forMs);

      function keep(header: string, forMs: number): string {
        headers.set(keyOf(at), header, forMs);
        return header;
      }
    },
  };
}

const basic = ({ user, password }: Extract<Credentials, { kind: 'password' }>): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Credentials go there: never in the clear, unless somebody has said so of that host. */
function realmUrl(realm: string, at: Repository, isPlain: (host: string) => boolean): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isPlain(url.host));
  if (url === undefined || !isSafe || url.username !== '' || url.password !== '')
    throw answerInvalid(at, 'its tokens come from no https address');
  return url;
}

const refused = (at: Repository, status: number, host: string): Error =>
  status === 401 || status === 403 || status === 400
    ? registryDenied(at, status)
    : unavailable(at, status, host);

function unavailable(at: Repository, status: number, host: string): Error {
  return registryUnavailable(at, `${host}, where its tokens come from, answers HTTP ${status}`);
}

function readToken(body: Buffer, at: Repository): { readonly token: string; readonly forMs: number } {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    value = undefined;
  }
  const token = isRecord(value) ? (value.token ?? value.access_token) : undefined;
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(token))
    throw answerInvalid(at, 'the token for it is none');
  const seconds = isRecord(value) && typeof value.expires_in === 'number' ? value.expires_in : 60;
  // One that ends on its way would be asked for twice.
  return { token, forMs: Math.min(longestTokenMs, Math.max(0, seconds - 10) * 1_000) };
}
