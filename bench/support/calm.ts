import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMs } from '../../test/support/processes.ts';

/** Share of the machine that others may use before a measurement counts as disturbed. */
export const calmShare = 0.1;

/** Watches how much CPU other programs use while a bench runs. */
export interface Calm {
  /** Begins a window; the call ends it and says which share of the machine others had in it, 0 to 1. */
  window(): () => number;
  /** Waits until others leave the machine alone; false when they do not within that time. */
  until(timeoutMs: number): Promise<boolean>;
}

/** `pids` are the bench's own processes beside this one. */
export function createCalm(pids: () => readonly number[]): Calm {
  const read = () => ({
    at: performance.now(),
    busy: busyMs(),
    own: [process.pid, ...pids()].reduce((sum, pid) => sum + cpuMs(pid), 0),
  });
  const window = () => {
    const before = read();
    return (): number => {
      const after = read();
      const foreign = after.busy - before.busy - (after.own - before.own);
      return Math.max(0, foreign / ((after.at - before.at) * availableParallelism()));
    };
  };
  return {
    window,
    async until(timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      do {
        const share = window();
        // Not a wait for a condition: it is the window.
        await delay(500);
        if (share() < calmShare) return true;
      } while (performance.now() < deadline);
      return false;
    },
  };
}

/** CPU time that all processors have worked so far, in milliseconds; without programs of low priority, which give way. */
function busyMs(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user, , system, , , irq, softirq, steal] = first.split(/\s+/).slice(1).map(Number);
  return [user, system, irq, softirq, steal].reduce<number>((sum, v) => sum + (v ?? 0) * 10, 0);
}
