import { type ImageReference, parseReference, repositoryName } from './reference.ts';

/** Where images may come from: a repository in full (`ghcr.io/greenlang/agents/ingest`), or all below a prefix that ends in `/*`. */
export type ImageSource = string;

/** In the cluster's settings alone: from anywhere. */
export const anySource = '*';

/** What is wrong with a source, worded to follow its name. */
export function sourceProblem(source: string): string | undefined {
  const below = source.endsWith('/*') ? source.slice(0, -2) : undefined;
  const name = below ?? source;
  // A registry by itself is no reference; whatever stands behind it is checked with it.
  const parsed = parseReference(below === undefined ? name : `${name}/x`);
  if (parsed === undefined || parsed.digest !== undefined) return rule;
  const full = repositoryName(parsed);
  if (full === (below === undefined ? name : `${name}/x`)) return undefined;
  const suggestion = below === undefined ? full : `${full.slice(0, -2)}/*`;
  return parsed.tag === 'latest' && !name.includes('@')
    ? `must be written in full, as ${JSON.stringify(suggestion)}`
    : rule;
}

const rule =
  'must be a repository with its registry, such as ghcr.io/greenlang/agents/ingest, or what is below one, such as ghcr.io/greenlang/*';

/** Whether the image is of one of the sources. */
export function isFrom(image: ImageReference, sources: readonly ImageSource[]): boolean {
  const name = repositoryName(image);
  return sources.some((source) =>
    source.endsWith('/*') ? name.startsWith(source.slice(0, -1)) : name === source || source === anySource,
  );
}
