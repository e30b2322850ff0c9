import type { ReadinessCheck } from '../http/operations.ts';
import { isAlive } from '../kube/reflector-status.ts';
import type { HealthSource } from '../rpc/health-source.ts';
import { ExecutorError } from '../step/errors.ts';
import type { View } from './kubernetes.ts';

export interface ReadinessDeps {
  readonly views: readonly View[];
  readonly health: HealthSource;
}

export interface Readiness {
  /** Throws UNAVAILABLE while the cluster is not known, or for a new step while the executor drains. */
  admit(what: 'new step' | 'known steps'): void;
  checks(): readonly ReadinessCheck[];
  start(): void;
  /** Tells health now what is known, and not at the next look. */
  look(): void;
  drain(): void;
  stop(): void;
}

/** Time makes a view stale without an event, so it is looked at now and then. */
const lookEveryMs = 1_000;

/** Ready is: both views were complete once, and the API server has spoken of late. */
export function createReadiness({ views, health }: ReadinessDeps): Readiness {
  let timer: NodeJS.Timeout | undefined;
  let draining = false;
  const synced = () => views.every((v) => v.status().synced);

  const checks = (): readonly ReadinessCheck[] => [
    ...views.map(({ name, status }): ReadinessCheck => {
      const s = status();
      if (!s.synced)
        return { name, problem: `not yet listed${s.lastError === undefined ? '' : `: ${s.lastError}`}` };
      if (!isAlive(s, Date.now())) return { name, problem: 'the API server has been silent for too long' };
      return { name };
    }),
    draining ? { name: 'draining', problem: 'this executor stops' } : { name: 'draining' },
  ];
  const look = () => health.setAll(checks().some((c) => c.problem !== undefined) ? 'NOT_SERVING' : 'SERVING');

  return {
    checks,
    admit(what) {
      if (!synced()) throw unavailable('NOT_YET_SYNCED', 'the executor does not know its cluster yet', 500);
      if (draining && what === 'new step')
        throw unavailable('DRAINING', 'this executor stops; submit to another one', 500);
    },
    start() {
      timer = setInterval(look, lookEveryMs);
      timer.unref();
      look();
    },
    look,
    drain() {
      draining = true;
    },
    stop: () => clearInterval(timer),
  };
}

function unavailable(reason: string, message: string, retryAfterMs: number): ExecutorError {
  return new ExecutorError({ code: 'UNAVAILABLE', reason, message, retryAfterMs });
}
