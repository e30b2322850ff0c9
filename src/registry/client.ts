import { createHash } from 'node:crypto';
import { isDigest } from '../image/candidates.ts';
import { answerInvalid, digestMismatch, registryDenied, registryUnavailable } from '../image/errors.ts';
import type { Descriptor, ImageRegistry, Repository } from '../image/ports.ts';
import { isRecord } from '../lib/is-record.ts';
import { type AuthorizeDeps, createAuthorize } from './authorize.ts';
import { parseChallenge } from './challenge.ts';
import type { Answer } from './http.ts';

export type RegistryDeps = AuthorizeDeps;

const indexType = 'application/vnd.oci.image.index.v1+json';
/** Images, and indexes of them for several platforms: what a container runtime asks for. */
const imageTypes = [
  indexType,
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** What the OCI specification asks registries to take, and clients to expect. */
const maxManifestBytes = 4 * 1024 * 1024;
const mostRedirects = 3;

/** The OCI distribution protocol, as far as it is read. Asks only the registry that it is told of, and where that one sends it. */
export function createRegistryClient(deps: RegistryDeps): ImageRegistry {
  const authorize = createAuthorize(deps);

  const get = async (
    at: Repository,
    path: string,
    { accept, maxBytes, signal }: { accept: string; maxBytes: number; signal: AbortSignal },
  ): Promise<Answer> => {
    const start = new URL(`${baseOf(at.registry, deps.isPlain)}/v2/${at.repository}/${path}`);
    const ask = async (authorization: string | undefined): Promise<Answer> => {
      let url = start;
      for (let i = 0; i <= mostRedirects; i++) {
        // Blobs are often elsewhere: that host is shown nothing.
        const shown = authorization !== undefined && url.origin === start.origin ? { authorization } : {};
        const answer = await deps
          .http()
          .ask(url, { about: at, headers: { accept, ...shown }, maxBytes, signal });
        const next = redirectOf(answer, url);
        if (next === undefined) return answer;
        if (next.protocol !== 'https:' && next.origin !== start.origin)
          throw answerInvalid(at, 'it sends us on to an address that is not https');
        url = next;
      }
      throw answerInvalid(at, 'it sends us on and on');
    };
    const answer = await ask(authorize.known(at));
    if (answer.status !== 401) return answer;
    const header = await authorize.answer(at, parseChallenge(answer.header('www-authenticate')), signal);
    return header === undefined ? answer : ask(header);
  };

  const client: ImageRegistry = {
    async manifest(at, tagOrDigest, signal) {
      const answer = await get(at, `manifests/${tagOrDigest}`, {
        accept: imageTypes.join(', '),
        maxBytes: maxManifestBytes,
        signal,
      });
      if (answer.status === 404) return undefined;
      mustBeOk(at, answer);
      const digest = digestOf(answer.body);
      const said = tagOrDigest.includes(':') ? tagOrDigest : answer.header('docker-content-digest');
      if (said?.startsWith('sha256:') && said !== digest) throw digestMismatch(at, said, digest);
      const mediaType = mediaTypeOf(answer);
      if (!imageTypes.includes(mediaType)) throw answerInvalid(at, 'it is no manifest of an image');
      return { digest, mediaType, bytes: answer.body };
    },
    async blob(at, { digest }, maxBytes, signal) {
      const answer = await get(at, `blobs/${digest}`, { accept: '*/*', maxBytes, signal });
      if (answer.status === 404) return undefined;
      mustBeOk(at, answer);
      const found = digestOf(answer.body);
      if (found !== digest) throw digestMismatch(at, digest, found);
      return answer.body;
    },
    async referrers(at, digest, artifactType, signal) {
      const answer = await get(at, `referrers/${digest}?artifactType=${encodeURIComponent(artifactType)}`, {
        accept: indexType,
        maxBytes: maxManifestBytes,
        signal,
      });
      // Registries that do not know of it say so in several ways; those that do may have what was put there before they did.
      const isKnown = answer.status === 200 && mediaTypeOf(answer) === indexType;
      if (!isKnown && !(answer.status >= 200 && answer.status < 300) && !isUnknown.includes(answer.status))
        mustBeOk(at, answer);
      const found = isKnown ? entriesOf(answer.body, artifactType) : [];
      if (found.length > 0) return found;
      const listed = await client.manifest(at, digest.replace(':', '-'), signal);
      return listed === undefined ? [] : entriesOf(listed.bytes, artifactType);
    },
  };
  return client;
}

const isUnknown = [400, 404, 405, 501];

/** The objects of that type in an index. */
function entriesOf(bytes: Buffer, artifactType: string): readonly Descriptor[] {
  let index: unknown;
  try {
    index = JSON.parse(bytes.toString('utf8'));
  } catch {
    return [];
  }
  const entries = isRecord(index) && Array.isArray(index.manifests) ? (index.manifests as unknown[]) : [];
  return entries.flatMap((entry) =>
    isRecord(entry) && entry.artifactType === artifactType && isDigest(entry.digest)
      ? [{ digest: entry.digest }]
      : [],
  );
}

const mediaTypeOf = (answer: Answer): string =>
  (answer.header('content-type') ?? '').split(';')[0]?.trim() ?? '';

export const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Docker Hub's registry is not where its images are named after. */
function baseOf(registry: string, isPlain: (host: string) => boolean): string {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  return `${isPlain(host) ? 'http' : 'https'}://${host}`;
}

function redirectOf(answer: Answer, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  const location = answer.header('location') ?? '';
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

function mustBeOk(at: Repository, answer: Answer): void {
  const { status } = answer;
  if (status === 200) return;
  if (status === 401 || status === 403) throw registryDenied(at, status);
  if (status !== 429 && status < 500) throw answerInvalid(at, `the answer is HTTP ${status}`);
  const seconds = Number(answer.header('retry-after'));
  throw registryUnavailable(at, `the registry answers HTTP ${status}`, {
    ...(seconds > 0 && { retryAfterMs: Math.min(seconds, 300) * 1_000 }),
  });
}
