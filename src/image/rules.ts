import { parseReference } from './reference.ts';
import { type ImageSource, isFrom } from './source.ts';

/** What the cluster's settings say of the images of all its steps. */
export interface ClusterImageRules {
  /** Undefined where nothing is said. */
  readonly sources: readonly ImageSource[] | undefined;
  /** Whether images of nobody's sources run all the same, as in a cluster that has no registry. */
  readonly openWithoutSources: boolean;
}

/** What a tenant's description says of them. */
export interface TenantImageRules {
  /** Empty where nothing is said. */
  readonly sources: readonly ImageSource[];
}

/**
 * Why the image may not run here, as far as its name tells; undefined when it may. The cluster's sources bound the tenant's: to them the executor
 * shows its credentials. Worded to follow the name of a field.
 */
export function sourcesProblem(
  image: string,
  cluster: ClusterImageRules,
  tenant: TenantImageRules | undefined,
): string | undefined {
  const reference = parseReference(image);
  // That is said by whoever reads it.
  if (reference === undefined) return undefined;
  const own = tenant?.sources ?? [];
  if (own.length > 0 && !isFrom(reference, own))
    return `is from none of the sources of this tenant's images (image_sources): ${shown(own)}`;
  if (cluster.sources !== undefined)
    return isFrom(reference, cluster.sources)
      ? undefined
      : `is from none of the sources of this cluster's images (images.sources): ${shown(cluster.sources)}`;
  if (own.length > 0 || cluster.openWithoutSources) return undefined;
  return 'may not run, as no source of images is trusted here: set images.sources, or describe the tenant with image_sources';
}

function shown(sources: readonly ImageSource[]): string {
  const more = sources.length - 10;
  return (sources.slice(0, 10).join(', ') || 'none') + (more > 0 ? `, and ${more} more` : '');
}
