import { signatureDemand } from './demand.ts';
import { parseReference } from './reference.ts';
import type { ClusterImageRules, TenantImageRules } from './rules.ts';
import { type ImageSource, isFrom } from './source.ts';

/** Why the image may not run here, as far as can be told without its registry; undefined when it may. Worded to follow the name of a field. */
export function imageProblem(
  image: string,
  cluster: ClusterImageRules,
  tenant: TenantImageRules | undefined,
): string | undefined {
  const problem = sourcesProblem(image, cluster, tenant);
  if (problem !== undefined) return problem;
  const demand = signatureDemand(cluster, tenant);
  return demand.kind === 'impossible' ? demand.why : undefined;
}

/** The cluster's sources bound the tenant's: to them the executor shows its credentials. */
function sourcesProblem(
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
