import { TenantService } from '../../gen/glip/executor/v1/tenant_service_pb.js';
import type { Config } from '../config/schema.ts';
import { namespaceOf } from '../job/names.ts';
import type { TenantRules } from '../job/option-defaults.ts';
import type { KubeClient } from '../kube/client.ts';
import { createTenantStore } from '../kube/tenant-store.ts';
import type { Pools } from '../policy/pools.ts';
import type { RpcService } from '../rpc/service.ts';
import { rpcService } from '../rpc/service.ts';
import { createTenantService, type TenantServiceDeps } from '../rpc/tenant-service.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';
import type { TenantMetrics } from '../telemetry/tenant-metrics.ts';
import * as errors from '../tenant/errors.ts';
import { rulesOf, type Tenants } from '../tenant/tenants.ts';
import type { LiveChange } from '../tenant/view.ts';
import { createDeclaredTenants, declaredStates } from './declared-tenants.ts';
import { createKnownEgress } from './known-egress.ts';
import { ownNamespace } from './own-namespace.ts';
import type { TenantViews } from './tenant-views.ts';
import { createRunningTenants } from './tenants.ts';

export interface TenancyDeps extends Omit<TenantServiceDeps, 'tenants' | 'isDeclared' | 'pools'> {
  readonly config: Config;
  readonly pools: Pools;
  readonly client: KubeClient;
  /** Undefined where the configuration leaves tenants to people. */
  readonly views: TenantViews | undefined;
  readonly logger: Logger;
  readonly metrics: TenantMetrics;
  readonly reloads: Pick<ReloadMetrics, 'reloaded'>;
  /** Ends everything that is under way. */
  readonly signal: AbortSignal;
}

/** Tenants, put together: what follows and keeps them, and what calls ask of them. */
export interface Tenancy {
  readonly service: RpcService;
  /** The tenants are known, or nobody is to know them. */
  readonly synced: Promise<void>;
  onChange(change: LiveChange): void;
  /** The NetworkPolicies of others in a namespace have changed. */
  onOthers(namespace: string): void;
  readonly ofSteps: {
    /** What a submit goes by; undefined where nobody has described its tenant. Throws while no step may start there. */
    rulesOf(tenant: string, signal: AbortSignal): Promise<TenantRules | undefined>;
    /** @throws ExecutorError NAMESPACE_TAKEN for a tenant whose namespace is the executor's own */
    refuseTenant(tenant: string): void;
  };
  start(): void;
  stop(): void;
}

export function createTenancy(deps: TenancyDeps): Tenancy {
  const { config, views, logger, metrics, signal } = deps;
  const running = createRunningTenants({
    config,
    store: createTenantStore(deps.client, 'glip-executor'),
    hosts: () => views?.hosts() ?? 'no',
    logger,
    metrics,
    signal,
    now: deps.now,
    met: (object) => views?.met(object),
    othersIn: (namespace) => views?.othersIn(namespace) ?? [],
    onGone: (tenant) => declared.onGone(tenant),
  });
  const pools = deps.pools.pools.map(({ name }) => name);
  const declared = createDeclaredTenants({
    file: views === undefined ? undefined : config.tenants.file,
    pools,
    ensure: (...of) => keptTenants.ensure(...of),
    intervalMs: config.reloadInterval.ms,
    logger,
    reloads: deps.reloads,
    signal,
  });

  if (views !== undefined && config.tenants.file !== undefined)
    metrics.measureDeclared(declaredStates, declared.states);

  const knownEgress = createKnownEgress({
    client: deps.client,
    metrics,
    onError: (err) => logger.debug({ err }, 'what is known of the network plugin cannot be read'),
    signal,
  });

  const whereOf = (tenant: string) => ({ tenant, namespace: namespaceOf(config.namespacePrefix, tenant) });
  const own = ownNamespace();
  const refuseHome = (tenant: string): void => {
    if (whereOf(tenant).namespace === own) throw errors.namespaceOfExecutor(whereOf(tenant));
  };
  const tenants = (): Tenants => {
    if (views === undefined) throw errors.tenantsNotManaged();
    if (!views.isSynced()) throw errors.tenantsNotSynced(views.hasFailed());
    return keptTenants;
  };
  const keptTenants: Tenants = {
    ...running.tenants,
    async ensure(tenant, spec, callSignal) {
      refuseHome(tenant);
      return running.tenants.ensure(tenant, spec, callSignal);
    },
    async validate(tenant, spec, callSignal) {
      refuseHome(tenant);
      return running.tenants.validate(tenant, spec, callSignal);
    },
    /** One that is declared is described, whatever stands there in its place. */
    async find(tenant, callSignal) {
      const found = await running.tenants.find(tenant, callSignal);
      if ((found === undefined || found === 'unmanaged') && declared.has(tenant))
        throw errors.tenantNotLaidDown(whereOf(tenant), declared.problemOf(tenant));
      return found;
    },
    async get(tenant, callSignal) {
      const found = await keptTenants.find(tenant, callSignal);
      if (found === undefined || found === 'unmanaged') throw errors.tenantUnknown(whereOf(tenant));
      return found;
    },
  };

  // What is laid down for hosts is no repair of anything.
  const begun =
    views &&
    Promise.all([views.synced, views.hostsKnown]).then(() => {
      running.begin();
      declared.begin();
    });
  begun?.catch(() => undefined);
  views?.hostsHeld.then(running.lookAtAll, () => undefined);

  return {
    service: rpcService(
      TenantService,
      createTenantService({ ...deps, tenants, isDeclared: declared.has, pools }),
    ),
    synced: begun ?? Promise.resolve(),
    onChange: running.onChange,
    onOthers: running.onOthers,
    ofSteps: {
      refuseTenant: refuseHome,
      async rulesOf(tenant, callSignal) {
        refuseHome(tenant);
        if (views === undefined) return undefined;
        const found = await tenants().find(tenant, callSignal);
        if (found !== undefined && found !== 'unmanaged') return rulesOf(found, views.hosts());
        if (config.tenants.unmanaged === 'allow') return undefined;
        throw found === undefined
          ? errors.tenantUnknown(whereOf(tenant))
          : errors.tenantUnmanaged(whereOf(tenant));
      },
    },
    start() {
      declared.start();
      if (views !== undefined) void knownEgress.start();
    },
    stop: declared.stop,
  };
}
