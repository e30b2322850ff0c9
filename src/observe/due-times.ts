import type { EpochMs } from '../step/step.ts';

export interface DueTimesDeps {
  readonly now: () => EpochMs;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  readonly onDue: (id: string) => void;
}

export interface DueTimes {
  /** At most one time per id; undefined takes it back. A time that is over is due at once. */
  set(id: string, time: EpochMs | undefined): void;
  readonly size: number;
}

/** Node fires timers beyond 2^31-1 ms at once. */
const longestTimer = 2_147_483_647;

/** Calls back when a time has come, by the given clock: one timer per id that has one. */
export function createDueTimes({ now, signal, onDue }: DueTimesDeps): DueTimes {
  const timers = new Map<string, { readonly time: EpochMs; readonly timer: NodeJS.Timeout }>();
  signal.addEventListener('abort', () => {
    for (const { timer } of timers.values()) clearTimeout(timer);
    timers.clear();
  });

  const arm = (id: string, time: EpochMs): void => {
    const wait = Math.min(longestTimer, Math.max(0, time - now()));
    timers.set(id, { time, timer: setTimeout(due, wait, id, time) });
  };
  const due = (id: string, time: EpochMs): void => {
    timers.delete(id);
    // A long time comes in parts, and a clock may run slower than its timers.
    if (time > now()) arm(id, time);
    else onDue(id);
  };

  return {
    set(id, time) {
      const armed = timers.get(id);
      if (armed?.time === time || signal.aborted) return;
      clearTimeout(armed?.timer);
      timers.delete(id);
      if (time !== undefined) arm(id, time);
    },
    get size() {
      return timers.size;
    },
  };
}
