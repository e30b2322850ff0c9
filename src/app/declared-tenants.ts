import type { WatchedFiles } from '../lib/watched-files.ts';
import { createSingleFlight } from '../observe/single-flight.ts';
import { ExecutorError } from '../step/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReloadMetrics } from '../telemetry/reload-metrics.ts';
import type { Tenants } from '../tenant/tenants.ts';
import { type Declared, readDeclared } from './parse-declared.ts';
import { watchTold } from './told-files.ts';

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

/** How far a declared tenant is. A tenant that is laid down has a state of its own. */
export const declaredStates = ['APPLIED', 'PENDING', 'FAILED'] as const;
export type DeclaredState = (typeof declaredStates)[number];

/** Tenants that a file describes. */
export interface DeclaredTenants {
  has(tenant: string): boolean;
  /** Why it could not be laid down when that was tried last; undefined where nothing is known against it. */
  problemOf(tenant: string): string | undefined;
  /** That of each tenant. */
  states(): readonly DeclaredState[];
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
  /** By tenant: what went wrong when it was tried last; undefined where nothing did. */
  const tried = new Map<string, string | undefined>();
  // Tried again every 30 s at most, and told each time: until somebody helps it takes no steps.
  const flights = createSingleFlight({
    signal,
    onError: (err, tenant) =>
      logger.error(
        { err, tenant, file },
        'a declared tenant cannot be laid down, and takes no steps until it is',
      ),
  });

  const lay = (tenant: string): void => {
    if (!begun || !declared().has(tenant)) return;
    flights.run(tenant, async () => {
      const spec = declared().get(tenant);
      if (spec === undefined) return 'done';
      try {
        await deps.ensure(tenant, spec, signal);
        tried.set(tenant, undefined);
      } catch (error) {
        tried.set(tenant, error instanceof ExecutorError ? error.message : 'the executor met a defect');
        throw error;
      }
      return 'done';
    });
  };

  return {
    has: (tenant) => declared().has(tenant),
    problemOf: (tenant) => (declared().has(tenant) ? tried.get(tenant) : undefined),
    states: () =>
      [...declared().keys()].map((tenant) => {
        if (!tried.has(tenant)) return 'PENDING';
        return tried.get(tenant) === undefined ? 'APPLIED' : 'FAILED';
      }),
    start() {
      if (file === undefined) return;
      files = watchTold({
        what: 'tenants',
        paths: [file],
        parse: ([text]) => readDeclared(String(text), pools),
        intervalMs: deps.intervalMs,
        applied: { message: 'the declared tenants have changed', about: ({ size }) => ({ tenants: size }) },
        refused: 'the file of declared tenants cannot be used and changes nothing',
        onChange(now) {
          for (const tenant of tried.keys()) if (!now.has(tenant)) tried.delete(tenant);
          for (const tenant of now.keys()) lay(tenant);
        },
        logger,
        metrics: reloads,
      });
    },
    begin() {
      begun = true;
      for (const tenant of declared().keys()) lay(tenant);
    },
    onGone(tenant) {
      tried.delete(tenant);
      lay(tenant);
    },
    stop: () => files?.close(),
  };
}
