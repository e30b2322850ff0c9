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
  const open = createCount(limits, onRefused);
  const openPublic = createCount(publicLimits, onRefused);
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

function createCount({ all, perCaller }: CallLimits, onRefused: (why: string) => void) {
  const byName = new Map<string, number>();
  let total = 0;
  return {
    enter(name: string | undefined): Leave {
      const own = name === undefined ? 0 : (byName.get(name) ?? 0);
      if (total >= all) throw refused(onRefused, 'calls', `${all} calls are under way`);
      if (own >= perCaller)
        throw refused(onRefused, 'calls_per_caller', `${perCaller} calls of this caller are under way`);
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

function refused(onRefused: (why: string) => void, why: string, what: string): ExecutorError {
  onRefused(why);
  return new ExecutorError({
    code: 'RESOURCE_EXHAUSTED',
    reason: 'TOO_MANY_CALLS',
    message: `${what}, and there may be no more at this replica; end some, or come back later`,
    retryAfterMs: comeBackMs,
  });
}
