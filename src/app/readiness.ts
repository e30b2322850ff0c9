import type { ReadinessCheck } from '../http/operations.ts';
import type { HealthSource } from '../rpc/health-source.ts';
import { ExecutorError } from '../step/errors.ts';
import type { View } from './view.ts';

export interface ReadinessDeps {
  readonly views: readonly View[];
  readonly health: HealthSource;
  /** How old the newest confirmed view may be, in milliseconds. */
  readonly maxStalenessMs: number;
  readonly now?: () => number;
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

/** An API server that has just begun knows no roles for a moment, and refuses everybody. */
const toleratedRefusals = 2;

/** Time makes a view stale without an event, so it is looked at now and then. */
const lookEveryMs = 1_000;

/**
 * Ready is: the views that are needed were complete once, and all that were are proven to be true of late, and may be followed. A view that
 * is too old still answers, and says how old it is: a router should prefer another replica, and nobody is better off with no answer.
 */
export function createReadiness(deps: ReadinessDeps): Readiness {
  const { views, health, maxStalenessMs, now = Date.now } = deps;
  const firstSynced = new Map<View, number>();
  let timer: NodeJS.Timeout | undefined;
  let draining = false;
  const synced = () => views.every((v) => !v.needed || v.status().synced);

  /** What was never confirmed is as old as its first list. */
  const ageOf = (view: View): number => {
    const first = firstSynced.get(view) ?? now();
    firstSynced.set(view, first);
    return Math.min(view.ageMs(), now() - first);
  };

  const checks = (): readonly ReadinessCheck[] => [
    ...views.map((view): ReadinessCheck => {
      const { name, status } = view;
      const s = status();
      if (!s.synced) return view.needed ? { name, problem: `not yet listed${why(s)}` } : { name };
      // Lists keep it going, half a minute behind.
      if (s.refusals > toleratedRefusals) return { name, problem: `may not be followed${why(s)}` };
      const age = ageOf(view);
      if (age <= maxStalenessMs) return { name };
      return { name, problem: `not confirmed for ${Math.round(age / 1000)} s${why(s)}` };
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

const why = ({ lastError }: ReturnType<View['status']>): string =>
  lastError === undefined ? '' : `: ${lastError}`;

function unavailable(reason: string, message: string, retryAfterMs: number): ExecutorError {
  return new ExecutorError({ code: 'UNAVAILABLE', reason, message, retryAfterMs });
}
