import { type WatchedFiles, watchFiles } from '../lib/watched-files.ts';
import { createSingleFlight } from '../observe/single-flight.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';
import type { Tenants } from '../tenant/tenants.ts';
import { type Declared, readDeclared } from './parse-declared.ts';

export interface DeclaredTenantsDeps {
  /** Undefined where there is none. */
  readonly file: string | undefined;
  /** Names of this executor's pools. */
  readonly pools: readonly string[];
  /** How often the file is looked at when nothing tells of a change; milliseconds. */
  readonly intervalMs: number;
  readonly ensure: Tenants['ensure'];
  readonly logger: Pick<Logger, 'info' | 'error' | 'warn'>;
  readonly reloads: Pick<ReloadMetrics, 'reloaded'>;
  readonly signal: AbortSignal;
}

/** Tenants that a file describes. */
export interface DeclaredTenants {
  has(tenant: string): boolean;
  /** Reads the file, and from now on whenever it changes. Throws where it is wrong: nobody is to start with half of the tenants. */
  start(): void;
  /** The cluster's tenants are known: what the file says is laid down from now on. */
  begin(): void;
  /** Its namespace is gone, and is made anew. */
  onGone(tenant: string): void;
  stop(): void;
}

const nobody: Declared = new Map();

/** Keeps what the file described last when it was right. A tenant that it does not name any more stays as it is, and is free for calls. */
export function createDeclaredTenants(deps: DeclaredTenantsDeps): DeclaredTenants {
  const { file, pools, logger, reloads, signal } = deps;
  let files: WatchedFiles<Declared> | undefined;
  let begun = false;
  const declared = (): Declared => files?.current ?? nobody;
  const flights = createSingleFlight({
    signal,
    onError: (err, tenant) => logger.warn({ err, tenant }, 'laying down a declared tenant'),
  });

  const lay = (tenant: string): void => {
    if (!begun || !declared().has(tenant)) return;
    flights.run(tenant, async () => {
      const spec = declared().get(tenant);
      if (spec !== undefined) await deps.ensure(tenant, spec, signal);
      return 'done';
    });
  };

  return {
    has: (tenant) => declared().has(tenant),
    start() {
      if (file === undefined) return;
      files = watchFiles({
        paths: [file],
        parse: ([text]) => readDeclared(String(text), pools),
        intervalMs: deps.intervalMs,
        onChange(now) {
          reloads.reloaded('tenants', 'applied');
          logger.info({ file, tenants: now.size }, 'the declared tenants have changed');
          for (const tenant of now.keys()) lay(tenant);
        },
        onProblem(err) {
          reloads.reloaded('tenants', 'refused');
          logger.error({ err, file }, 'the file of declared tenants cannot be used and changes nothing');
        },
      });
    },
    begin() {
      begun = true;
      for (const tenant of declared().keys()) lay(tenant);
    },
    onGone: lay,
    stop: () => files?.close(),
  };
}
