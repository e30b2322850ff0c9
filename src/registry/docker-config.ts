import { isRecord } from '../lib/is-record.ts';

/** What is shown to a registry. */
export type Credentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** Shown where the registry's tokens come from, in the place of a password. */
  | { readonly kind: 'identity token'; readonly token: string }
  /** Shown to the registry itself. */
  | { readonly kind: 'registry token'; readonly token: string };

export interface Place {
  readonly registry: string;
  readonly repository: string;
}

/** The credentials for a repository; undefined for none. */
export type FindCredentials = (place: Place) => Credentials | undefined;

/**
 * Reads docker's config.json, and what Kubernetes makes of it: a key may name a path below a registry, the longest that fits counts, and a
 * `*` stands for one label of a host.
 * @throws Error with words for people, and without a secret
 */
export function parseDockerConfig(text: string): FindCredentials {
  const value = readJson(text);
  if (!isRecord(value)) throw new Error('it is no JSON object');
  for (const key of ['credsStore', 'credHelpers'])
    if (value[key] !== undefined)
      throw new Error(`its ${key} needs a program, and none is run for it; write the credentials into auths`);
  if (!isRecord(value.auths)) throw new Error('it has no auths');
  const entries = Object.entries(value.auths).map(([key, entry]) => ({
    ...placeOf(key),
    credentials: readEntry(entry, key),
  }));
  entries.sort((a, b) => b.path.length - a.path.length);
  return ({ registry, repository }) =>
    entries.find(({ host, path }) => fits(host, registry) && isBelow(repository, path))?.credentials;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote what it has read.
    throw new Error('it is no JSON');
  }
}

/** `https://index.docker.io/v1/` is what docker calls its own. */
function placeOf(key: string): { readonly host: string; readonly path: string } {
  const [host = '', ...rest] = key.replace(/^https?:\/\//, '').split('/');
  const path = rest.join('/').replace(/^v[12]\/?$|\/$/, '');
  const isHub = ['index.docker.io', 'registry-1.docker.io'].includes(host);
  return { host: isHub ? 'docker.io' : host.toLowerCase(), path };
}

function fits(pattern: string, registry: string): boolean {
  const [wanted, given] = [pattern.split('.'), registry.split('.')];
  return wanted.length === given.length && wanted.every((part, i) => part === '*' || part === given[i]);
}

const isBelow = (repository: string, path: string): boolean =>
  path === '' || repository === path || repository.startsWith(`${path}/`);

function readEntry(entry: unknown, key: string): Credentials {
  const bad = new Error(
    `its entry for ${JSON.stringify(key.slice(0, 100))} has neither auth, username and password, nor a token`,
  );
  if (!isRecord(entry)) throw bad;
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
  if (text('registrytoken') !== '') return { kind: 'registry token', token: text('registrytoken') };
  if (text('identitytoken') !== '') return { kind: 'identity token', token: text('identitytoken') };
  const [, user, password] =
    /^([^:]+):(.*)$/s.exec(Buffer.from(text('auth'), 'base64').toString('utf8')) ?? [];
  if (user !== undefined && password !== undefined) return { kind: 'password', user, password };
  if (text('username') === '' || text('password') === '') throw bad;
  return { kind: 'password', user: text('username'), password: text('password') };
}
