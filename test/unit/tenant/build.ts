import type { RawObject } from '../../../src/job/raw.ts';
import type { HostSupport } from '../../../src/policy/egress.ts';
import { type LiveObject, projectLive } from '../../../src/tenant/live-object.ts';
import { type TenantObject, tenantObjects } from '../../../src/tenant/objects.ts';
import { emptySpec, type TenantSpec } from '../../../src/tenant/spec.ts';
import { printSpec } from '../../../src/tenant/spec-text.ts';

export const aSpec = (parts: Partial<TenantSpec> = {}): TenantSpec => ({ ...emptySpec, ...parts });

export const objectsOf = (
  tenant: string,
  spec: TenantSpec = emptySpec,
  hosts: HostSupport = 'no',
): readonly TenantObject[] => tenantObjects('glip-', tenant, spec, printSpec(spec), hosts);

/** The object as an API server would have it. */
export function stored(object: TenantObject, metadata: object = {}, more: object = {}): LiveObject {
  const raw = {
    ...(structuredClone(object) as object),
    ...more,
    metadata: {
      ...object.metadata,
      uid: `uid of ${object.metadata.name}`,
      resourceVersion: '1',
      ...metadata,
    },
  };
  return projectLive(object.kind, raw as unknown as RawObject);
}
