import { namespaceOf } from '../job/names.ts';
import { identifierProblem } from '../step/key.ts';
import { type LiveObject, tenantOf } from './live-object.ts';

/** The tenant whose namespace this is: it says so itself, and has the name that this tenant's namespace has. Else it is nobody's of ours. */
export function ownerOf(namespace: LiveObject, prefix: string): string | undefined {
  const tenant = tenantOf(namespace);
  if (tenant === undefined || identifierProblem(tenant) !== undefined) return undefined;
  return namespaceOf(prefix, tenant) === namespace.name ? tenant : undefined;
}
