/** An image as a registry knows it: its registry and repository in full, however short it was written. */
export interface ImageReference {
  /** `ghcr.io`, `registry.example:5000`; lower case. */
  readonly registry: string;
  readonly repository: string;
  /** Absent where only a digest was given. */
  readonly tag?: string;
  /** `sha256:` and 64 digits. */
  readonly digest?: string;
}

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const host = `(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]{1,5})?`;
const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const wellFormed = new RegExp(
  `^(?:(${host})/)?(${part}(?:/${part})*)(?::(\\w[\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`,
);

/** Where images without a registry come from, and the names that container runtimes know it by. */
const usualRegistry = 'docker.io';
const longestReference = 512;
const longestRepository = 255;

/** The reference as every container runtime reads it, or undefined. Sha256 is the only digest. */
export function parseReference(text: string): ImageReference | undefined {
  const found = text.length > longestReference ? undefined : wellFormed.exec(text)?.slice(1);
  const [domain, path = '', tag, digest] = found ?? [];
  if (path === '') return undefined;
  const { registry, repository } = placeOf(domain, path);
  const port = /:(\d+)$/.exec(registry)?.[1];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
  if (repository.length > longestRepository) return undefined;
  return {
    registry,
    repository,
    ...(tag !== undefined && { tag }),
    ...(tag === undefined && digest === undefined && { tag: 'latest' }),
    ...(digest !== undefined && { digest }),
  };
}

/** What is before the first slash is a registry only if it could be no part of a path on Docker Hub. */
function placeOf(domain: string | undefined, path: string): { registry: string; repository: string } {
  const isHost = domain !== undefined && (/[.:A-Z]/.test(domain) || domain === 'localhost');
  const registry = isHost ? domain.toLowerCase() : usualRegistry;
  const repository = isHost || domain === undefined ? path : `${domain}/${path}`;
  if (registry !== usualRegistry && registry !== `index.${usualRegistry}`) return { registry, repository };
  return {
    registry: usualRegistry,
    repository: repository.includes('/') ? repository : `library/${repository}`,
  };
}

/** Registry and repository: what sources are compared with. */
export const repositoryName = ({ registry, repository }: ImageReference): string =>
  `${registry}/${repository}`;

/** In full: parse of print is identity. */
export function printReference(image: ImageReference): string {
  const { tag, digest } = image;
  return `${repositoryName(image)}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
