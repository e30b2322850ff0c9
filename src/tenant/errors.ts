import { ExecutorError } from '../step/errors.ts';

type Where = { readonly tenant: string; readonly namespace: string };

/** As the store of steps says it of a namespace that is missing; a test holds the two together. */
export const tenantUnknown = ({ namespace }: Pick<Where, 'namespace'>): ExecutorError =>
  new ExecutorError({
    code: 'NOT_FOUND',
    reason: 'TENANT_UNKNOWN',
    message: `the tenant has no namespace ${namespace} in this cluster; create it, or correct the tenant`,
    metadata: { namespace },
  });

/** Somebody else's namespace is left alone. */
export const namespaceTaken = ({ tenant, namespace }: Where, owner: string | undefined): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'NAMESPACE_TAKEN',
    message:
      owner === undefined
        ? `the namespace ${namespace} is there and was not made for the tenant ${tenant}; to hand it over, annotate it with glip.greenlang.io/tenant=${tenant}`
        : `the namespace ${namespace} is the tenant ${owner}'s`,
    metadata: { namespace, ...(owner !== undefined && { owner }) },
  });

/** Where its rights and Secrets are, no step comes. */
export const namespaceOfExecutor = ({ tenant, namespace }: Where): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'NAMESPACE_TAKEN',
    message: `the namespace ${namespace} is the executor's own, and not for a tenant ${tenant}; choose another name`,
    metadata: { namespace },
  });

export const tenantDeleting = ({ tenant, namespace }: Where): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'TENANT_DELETING',
    message: `the tenant ${tenant} is being deleted; wait until it is gone`,
    metadata: { namespace },
  });

export const tenantDeclared = (tenant: string): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'TENANT_DECLARED',
    message: `the tenant ${tenant} is described in the file of the executor's tenants (tenants.file); change it there`,
  });

export const tenantConflict = ({ namespace }: Where, problem: string): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'TENANT_CONFLICT',
    message: problem,
    metadata: { namespace },
  });

export const tenantInUse = ({ tenant, namespace }: Where, live: number): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'TENANT_IN_USE',
    message: `the tenant ${tenant} has ${live} steps that are not over; wait for them, cancel them, or delete with force`,
    metadata: { namespace, live_steps: String(live) },
  });

export const tenantNotReady = ({ tenant, namespace }: Where, problems: readonly string[]): ExecutorError =>
  new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'TENANT_NOT_READY',
    message: `the tenant ${tenant} is not ready: ${problems.slice(0, 3).join('; ') || 'it is being laid down'}`,
    metadata: { namespace },
    retryAfterMs: 1_000,
  });

/** The file of tenants describes it, and it is not there, or somebody else's namespace is. */
export const tenantNotLaidDown = ({ tenant, namespace }: Where, why: string | undefined): ExecutorError =>
  new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'TENANT_NOT_READY',
    message: `the tenant ${tenant} is declared (tenants.file) and ${why === undefined ? 'is being laid down' : `cannot be laid down: ${why}`}`,
    metadata: { namespace },
    retryAfterMs: 1_000,
  });

export const tenantUnmanaged = ({ tenant, namespace }: Where): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'TENANT_UNMANAGED',
    message: `the namespace ${namespace} of the tenant ${tenant} was not laid down by the executor, which asks for that (tenants.unmanaged)`,
    metadata: { namespace },
  });

export const tenantsNotManaged = (): ExecutorError =>
  new ExecutorError({
    code: 'FAILED_PRECONDITION',
    reason: 'TENANTS_NOT_MANAGED',
    message: 'this executor does not lay down tenants (tenants.management is off)',
  });

/** `failed`: it has tried to read them, and could not; its log has the API server's words. */
export const tenantsNotSynced = (failed: boolean): ExecutorError =>
  new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'NOT_YET_SYNCED',
    message: `the executor does not know the tenants of its cluster yet${failed ? ' and fails to read them: its log and "glip-executor check" say why' : ''}`,
    retryAfterMs: 500,
  });

export const tenantChanges = ({ tenant }: Where): ExecutorError =>
  new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'KUBERNETES_CONFLICT',
    message: `the namespace of the tenant ${tenant} comes, goes or changes at this moment; repeat the call`,
    retryAfterMs: 1_000,
  });
