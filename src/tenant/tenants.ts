import { namespaceOf } from '../job/names.ts';
import type { TenantRules } from '../job/option-defaults.ts';
import { type HostSupport, isHost } from '../policy/egress.ts';
import { hostsUnheld } from '../policy/hosts-unheld.ts';
import * as errors from './errors.ts';
import { type LiveObject, projectLive, tenantOf } from './live-object.ts';
import type { Mended } from './mend.ts';
import { bareNamespace, type TenantObject, tenantObjects } from './objects.ts';
import type { Applied, TenantStore } from './ports.ts';
import type { Reconciler } from './reconciler.ts';
import type { TenantSpec } from './spec.ts';
import { printSpec } from './spec-text.ts';
import type { Tenant } from './tenant.ts';
import { createUnmanaged } from './unmanaged.ts';
import type { TenantView } from './view.ts';

export interface TenantsDeps {
  readonly prefix: string;
  /** Whether hosts can be held here. */
  readonly hosts: () => HostSupport;
  readonly view: Pick<TenantView, 'namespace' | 'namespaces'>;
  readonly store: TenantStore;
  readonly reconciler: Reconciler;
  readonly mend: (wanted: TenantObject, signal: AbortSignal) => Promise<Mended>;
  readonly seen: (object: LiveObject) => void;
  /** Has a namespace looked at, now and until it is done. */
  readonly look: (namespace: string) => void;
  readonly now: () => number;
}

/** The tenants of a cluster, as calls ask for them. */
export interface Tenants {
  /** Makes the tenant so. Idempotent; resolves when that stands in the cluster and was tried once. */
  ensure(tenant: string, spec: TenantSpec, signal: AbortSignal): Promise<Tenant>;
  /** What ensure would make of it, by a dry run of all that can be tried. */
  validate(tenant: string, spec: TenantSpec, signal: AbortSignal): Promise<Tenant>;
  /** Throws TENANT_UNKNOWN. */
  get(tenant: string, signal: AbortSignal): Promise<Tenant>;
  /** By name. */
  list(): readonly Tenant[];
  /** Begins its end; of one that is gone meanwhile, too, it is told that it goes. */
  delete(tenant: Tenant, signal: AbortSignal): Promise<Tenant>;
  /** The tenant as a submit needs it. `unmanaged`: its namespace is there, and not ours; undefined: it is not there. */
  find(tenant: string, signal: AbortSignal): Promise<Tenant | 'unmanaged' | undefined>;
}

/** How often a namespace that comes, goes or changes in the middle is tried again. */
const tries = 3;

export function createTenants(deps: TenantsDeps): Tenants {
  const { prefix, view, store, reconciler, mend } = deps;
  const unmanaged = createUnmanaged(deps.now);
  const whereOf = (tenant: string) => ({ tenant, namespace: namespaceOf(prefix, tenant) });

  const read = async (tenant: string, signal: AbortSignal): Promise<LiveObject | undefined> => {
    const { namespace } = whereOf(tenant);
    const object = await store.get('Namespace', namespace, namespace, signal);
    return object && projectLive('Namespace', object);
  };

  /** What nobody would hold is not promised. */
  const requireHosts = ({ egress }: TenantSpec): void => {
    const unheld = egress.some(isHost) ? hostsUnheld(deps.hosts()) : undefined;
    if (unheld !== undefined) throw unheld;
  };

  const requireOurs = (tenant: string, live: LiveObject): void => {
    if (tenantOf(live) !== tenant) throw errors.namespaceTaken(whereOf(tenant), tenantOf(live));
    if (live.deleteTime !== undefined) throw errors.tenantDeleting(whereOf(tenant));
  };

  /** The namespace, made if it is not there: its create decides between two who want its name. */
  const namespaceFor = async (tenant: string, signal: AbortSignal): Promise<LiveObject> => {
    for (let i = 0; i < tries; i++) {
      const there = await read(tenant, signal);
      if (there !== undefined) return there;
      const made = await store.createNamespace(bareNamespace(prefix, tenant), { signal });
      if (made !== undefined) return projectLive('Namespace', made);
    }
    throw errors.tenantChanges(whereOf(tenant));
  };

  /** Writes the description onto the namespace, from where every replica takes it. */
  const describeOn = async (tenant: string, wanted: TenantObject, signal: AbortSignal): Promise<void> => {
    for (let i = 0; i < tries; i++) {
      const mended = await mend(wanted, signal);
      if (mended.kind === 'problem') throw errors.tenantConflict(whereOf(tenant), mended.problem);
      if (mended.kind !== 'again') return;
    }
    throw errors.tenantChanges(whereOf(tenant));
  };

  const described = (live: LiveObject): Tenant => {
    const tenant = reconciler.describe(live);
    if (tenant === undefined) throw errors.tenantUnknown({ namespace: live.name });
    return tenant;
  };

  const find: Tenants['find'] = async (tenant, signal) => {
    const { namespace } = whereOf(tenant);
    const known = view.namespace(namespace);
    if (known !== undefined) return reconciler.describe(known) ?? 'unmanaged';
    if (unmanaged.has(namespace)) return 'unmanaged';
    // Another replica may have laid it down just now.
    const live = await read(tenant, signal);
    if (live === undefined) return undefined;
    deps.seen(live);
    const found = reconciler.describe(live);
    if (found === undefined) unmanaged.add(namespace);
    return found ?? 'unmanaged';
  };

  return {
    find,
    async ensure(tenant, spec, signal) {
      requireHosts(spec);
      const { namespace } = whereOf(tenant);
      const live = await namespaceFor(tenant, signal);
      requireOurs(tenant, live);
      unmanaged.delete(namespace);
      deps.seen(live);
      const text = printSpec(spec);
      const [wanted] = tenantObjects(prefix, tenant, spec, text, deps.hosts());
      if (wanted !== undefined) await describeOn(tenant, wanted, signal);
      // What cannot be laid down now is tried again behind the call, and stands in the tenant's problems.
      const said = await reconciler.reconcile(namespace, signal).catch(() => {
        signal.throwIfAborted();
        return 'again';
      });
      if (said !== 'done') deps.look(namespace);
      return described(view.namespace(namespace) ?? live);
    },
    async validate(tenant, spec, signal) {
      requireHosts(spec);
      const { namespace } = whereOf(tenant);
      const live = await read(tenant, signal);
      if (live !== undefined) requireOurs(tenant, live);
      const objects = tenantObjects(prefix, tenant, spec, printSpec(spec), deps.hosts());
      const problems =
        live === undefined
          ? await store
              .createNamespace(bareNamespace(prefix, tenant), { signal, dryRun: true })
              .then(() => [])
          : await Promise.all(objects.map((object) => store.apply(object, { signal, dryRun: true }))).then(
              (all) => all.flatMap(problemOf),
            );
      const {
        used = {},
        uid = '',
        createTime = 0,
        state = 'PROVISIONING',
      } = (live && reconciler.describe(live)) ?? {};
      return { tenant, namespace, uid, createTime, state, spec, problems, open: false, used };
    },
    async get(tenant, signal) {
      const found = await find(tenant, signal);
      if (found === undefined || found === 'unmanaged') throw errors.tenantUnknown(whereOf(tenant));
      return found;
    },
    list: () =>
      [...view.namespaces()]
        .flatMap((namespace) => reconciler.describe(namespace) ?? [])
        .toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1)),
    async delete(tenant, signal) {
      const left = await store.deleteNamespace({ name: tenant.namespace, uid: tenant.uid }, signal);
      if (left === 'gone') return { ...tenant, state: 'DELETING', problems: [] };
      const live = projectLive('Namespace', left);
      deps.seen(live);
      return described(live);
    },
  };
}

/** An edit would be taken back; another owner that applies, too, stays. */
function problemOf(applied: Applied): readonly string[] {
  if (applied.kind !== 'owned') return [];
  return applied.owners
    .filter(({ declares }) => declares)
    .map(({ manager, fields }) => `${JSON.stringify(manager)} owns ${fields.join(', ')} and applies it, too`);
}

/** What a submit for this tenant goes by. Throws while no step may start there. */
export function rulesOf(tenant: Tenant, hosts: HostSupport = 'no'): TenantRules {
  if (tenant.state === 'DELETING') throw errors.tenantDeleting(tenant);
  if (tenant.open || tenant.spec === undefined || tenant.state === 'PROVISIONING')
    throw errors.tenantNotReady(tenant, tenant.problems);
  const { pools, priorityClasses, secrets, egress, defaults, imageSources, imageKeys, signatures } =
    tenant.spec;
  return {
    pools,
    priorityClasses,
    secrets,
    egress,
    hosts,
    defaults,
    images: { sources: imageSources, keys: imageKeys, signatures },
  };
}
