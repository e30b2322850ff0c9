/** What the cluster runs for an image: a command of this machine, started without a shell. */
export type CatalogueEntry = {
  readonly command: readonly [string, ...string[]];
  /** Environment that a pod's own entries may add to and replace. */
  readonly env?: Readonly<Record<string, string>>;
};

/** By image, with or without tag and digest. */
export type Catalogue = Readonly<Record<string, CatalogueEntry>>;

export const CATALOGUE_RULE = 'the embedded cluster runs only what its catalogue names';

/** The entry for an image: under its exact name first, then without digest, then without tag. */
export function findEntry(catalogue: Catalogue, image: string): CatalogueEntry | undefined {
  const undigested = image.replace(/@[^@]*$/, '');
  const untagged = undigested.replace(/:[^:/]*$/, '');
  for (const name of [image, undigested, untagged]) {
    if (Object.hasOwn(catalogue, name)) return catalogue[name];
  }
  return undefined;
}

/** What a registry would say of an image that is not there. */
export function pullFailure(image: string): string {
  return `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found in the catalogue of the embedded cluster`;
}
