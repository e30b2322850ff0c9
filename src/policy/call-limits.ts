import type { Leave } from '../lib/slots.ts';
import { ExecutorError } from '../step/errors.ts';

export interface CallLimits {
  /** Calls and streams that are under way, of everybody and over both ports. */
  readonly all: number;
  /** Of one identity. */
  readonly perCaller: number;
}

/** Who calls, as far as limits are concerned. */
export interface Counted {
  /** `public` for what needs no identity, which is counted by itself: the probes must be answered when all else is full. */
  readonly kind: 'public' | 'local' | 'known';
  /** The caller's name; of what is public, the address that it comes from. */
  readonly name: string;
}

export interface CallCounts {
  /** @throws ExecutorError RESOURCE_EXHAUSTED (TOO_MANY_CALLS) when there are too many */
  enter(who: Counted): Leave;
  readonly size: number;
}

/** Public calls at once, and from one address: balancers watch the health of each replica, and more than a few are nobody's wish. */
const publicLimits: CallLimits = { all: 1_024, perCaller: 256 };
const comeBackMs = 1_000;

/** Counts calls that are under way, and refuses those beyond the limits. */
export function createCallCounts(limits: CallLimits, onRefused: (why: string) => void): CallCounts {
  const open = createCount(limits, tooMany(limits, onRefused));
  const openPublic = createCount(publicLimits, tooMany(publicLimits, onRefused));
  return {
    enter({ kind, name }) {
      if (kind === 'public') return openPublic.enter(name);
      // Where nobody need prove anything all are one.
      return open.enter(kind === 'local' ? undefined : name);
    },
    get size() {
      return open.size + openPublic.size;
    },
  };
}

/** Counts what is under way, of all and of each who has a name. `refused` makes the error of what is beyond a limit. */
export function createCount({ all, perCaller }: CallLimits, refused: (limit: keyof CallLimits) => Error) {
  const byName = new Map<string, number>();
  let total = 0;
  return {
    enter(name: string | undefined): Leave {
      const own = name === undefined ? 0 : (byName.get(name) ?? 0);
      if (total >= all) throw refused('all');
      if (name !== undefined && own >= perCaller) throw refused('perCaller');
      total += 1;
      if (name !== undefined) byName.set(name, own + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        total -= 1;
        if (name === undefined) return;
        const rest = (byName.get(name) ?? 1) - 1;
        if (rest === 0) byName.delete(name);
        else byName.set(name, rest);
      };
    },
    get size() {
      return total;
    },
  };
}

const tooMany =
  (limits: CallLimits, onRefused: (why: string) => void) =>
  (limit: keyof CallLimits): ExecutorError => {
    onRefused(limit === 'all' ? 'calls' : 'calls_per_caller');
    return new ExecutorError({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'TOO_MANY_CALLS',
      message: `${limits[limit]} calls${limit === 'all' ? '' : ' of this caller'} are under way, and there may be no more at this replica; end some, or come back later`,
      retryAfterMs: comeBackMs,
    });
  };
