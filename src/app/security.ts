import type { Config } from '../config/schema.ts';
import { localCaller, unknownCaller } from '../identity/caller.ts';
import type { PeerCertificate } from '../identity/peer-certificate.ts';
import type { TokenReviews } from '../identity/ports.ts';
import type { TlsSource } from '../identity/tls-material.ts';
import type { Pools } from '../policy/pools.ts';
import { createRate } from '../policy/rate.ts';
import { accessTable } from '../rpc/access-table.ts';
import { createGuard } from '../rpc/guard.ts';
import { guarded } from '../rpc/guarded.ts';
import type { Caller } from '../rpc/handler.ts';
import type { RpcService } from '../rpc/service.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';
import { createAudit } from './audit.ts';
import { openIdentity } from './identity.ts';
import { watchPolicy } from './policy.ts';
import { mayBeExposed } from './start-rules.ts';
import { watchTls } from './tls.ts';

export interface SecurityDeps {
  readonly config: Config;
  readonly pools: Pools;
  /** Whether the cluster runs what it is given as processes of this machine: nobody else may reach it then. */
  readonly isEmbedded: boolean;
  readonly reviews: TokenReviews;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly reloads: ReloadMetrics;
}

interface Peer {
  readonly address: string;
  readonly certificate?: PeerCertificate;
  header(name: string): string | undefined;
}

/** Who gets in, and what for. */
export interface Security {
  /** For both edges alike. */
  readonly edges: {
    readonly tls?: TlsSource;
    readonly exposed: boolean;
    readonly identify?: (peer: Peer, call: { readonly method: string }) => Promise<Caller>;
  };
  /** Rejects when the caller may not see a page of the HTTP port. */
  readonly admitPage: (path: string, peer: Peer) => Promise<void>;
  /** The service behind the guard. */
  readonly guarded: (service: RpcService) => RpcService;
  stop(): void;
}

/**
 * Reads the files that the configuration names and watches them from then on.
 * @throws Error when one of them cannot be used: nobody may be let in by what is left
 */
export function createSecurity(deps: SecurityDeps): Security {
  const { config, pools, reviews, logger, metrics, reloads } = deps;
  const intervalMs = config.reloadInterval.ms;
  const common = { logger, metrics: reloads };
  const tls = watchTls(config, logger, reloads);
  const identity = openIdentity({ config, reviews, ...common });
  const file = config.policyFile;
  const access = file === undefined ? undefined : watchPolicy({ file, pools, intervalMs, ...common });
  const guard = createGuard({
    needsIdentity: identity !== undefined,
    namespacePrefix: config.namespacePrefix,
    rate: createRate(() => performance.now()),
    ...(access && { access }),
  });
  const { level, file: auditFile } = config.audit;
  const audit = createAudit({
    level: identity === undefined && auditFile === undefined ? 'off' : level,
    logger,
    count: metrics.decided,
    ...(auditFile !== undefined && { file: auditFile }),
  });
  const isPublic = (method: string): boolean => accessTable[method]?.set === 'public';
  const identify = async (peer: Peer, { method }: { readonly method: string }): Promise<Caller> => {
    if (identity === undefined || isPublic(method)) return unknownCaller;
    try {
      return await identity.identify(peer);
    } catch (error) {
      audit.refused(method, peer.address, error);
      throw error;
    }
  };
  if (config.insecureLetAnyoneRunCodeInTheCluster === 'on')
    logger.warn(
      'insecureLetAnyoneRunCodeInTheCluster: whoever reaches a port can run anything as any tenant',
    );
  if (identity !== undefined && access === undefined)
    logger.warn('identities without a policy: whoever is known may do everything for every tenant');
  return {
    edges: {
      exposed: !deps.isEmbedded && mayBeExposed(config),
      ...(tls && { tls }),
      ...(identity && { identify }),
    },
    async admitPage(path, peer) {
      const row = accessTable[path];
      if (row === undefined) throw new TypeError(`${path} has no row in the access table`);
      if (row.set === 'public') return;
      const caller = identity === undefined ? localCaller : await identify(peer, { method: path });
      try {
        guard.admit(row, path, caller, undefined);
        audit.page(path, caller, peer.address);
      } catch (error) {
        audit.page(path, caller, peer.address, error);
        throw error;
      }
    },
    guarded: (service) => guarded(service, { guard, onCall: audit.judged }),
    stop() {
      tls?.close();
      identity?.close();
      access?.close();
      audit.close();
    },
  };
}
