import { create } from '@bufbuild/protobuf';
import {
  DeleteTenantResponseSchema,
  type TenantService,
} from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { annotation, readKey, watchSelector } from '../job/metadata.ts';
import { jobSeen, type RawObject } from '../job/project.ts';
import type { Stop } from '../job/stop.ts';
import { createTurns } from '../lib/turns.ts';
import { type StepKey, stepId } from '../step/key.ts';
import { isFinal } from '../step/state.ts';
import type { EpochMs } from '../step/step.ts';
import { tenantDeclared, tenantInUse } from '../tenant/errors.ts';
import type { Tenant } from '../tenant/tenant.ts';
import type { Tenants } from '../tenant/tenants.ts';
import { type CancelOneDeps, cancelOne } from './cancel-one.ts';
import type { ServiceHandlers } from './handler.ts';
import { requireTenant } from './tenant-request.ts';
import { tenantToProto } from './tenant-to-proto.ts';

export interface DeleteTenantDeps extends CancelOneDeps {
  readonly tenants: () => Tenants;
  readonly isDeclared: (tenant: string) => boolean;
  readonly now: () => EpochMs;
}

export function createDeleteTenant(
  deps: DeleteTenantDeps,
): ServiceHandlers<typeof TenantService>['deleteTenant'] {
  return async ({ tenant: asked, force }, { signal, caller }) => {
    const name = requireTenant(asked);
    if (deps.isDeclared(name)) throw tenantDeclared(name);
    const tenants = deps.tenants();
    const tenant = await tenants.get(name, signal);
    if (tenant.state === 'DELETING') return answer(tenant);
    const live = await liveSteps(deps, tenant, signal);
    if (live.length > 0 && !force) throw tenantInUse(tenant, live.length);
    const stop: Stop = {
      cause: 'Cancel',
      reason: 'its tenant is deleted',
      requestedBy: caller.name,
      time: deps.now(),
    };
    // What could not be asked to end keeps the namespace: the call is to be repeated.
    const turns = createTurns({ signal });
    await Promise.all(live.map((key) => turns.run(() => cancelOne(deps, key, stop, signal))));
    return answer(await tenants.delete(tenant, signal));
  };
}

const answer = (tenant: Tenant) =>
  create(DeleteTenantResponseSchema, { tenant: tenantToProto(tenant, false) });

/** Steps that are not over, by this replica's view and one consistent list: another replica may have made one just now. */
async function liveSteps(
  { registry, store }: DeleteTenantDeps,
  { tenant, namespace }: Tenant,
  signal: AbortSignal,
): Promise<readonly StepKey[]> {
  const keyIn = (object: RawObject) => readKey(jobSeen(object).job.annotations[annotation.key]);
  const listed = await store.listJobs(namespace, watchSelector, keyIn, signal);
  const known = [...registry.steps()].map(({ key }) => key);
  const ofTenant = [...known, ...listed].filter((key): key is StepKey => key?.tenant === tenant);
  const all = new Map(ofTenant.map((key) => [stepId(key), key])).values();
  return [...all].filter((key) => {
    const step = registry.get(key);
    return step === undefined || !isFinal(step.state);
  });
}
