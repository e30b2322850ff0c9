import type { Clock } from './clock.ts';

/** A set of keys to be worked on, each at its time; a key asked for twice runs once, at the earlier time. */
export type WorkQueue = {
  add(key: string, delay?: number): void;
  stop(): void;
};

/** `run` is called for one key at a time and never from within `add`, so a caller's own write is complete before it is seen. */
export function createWorkQueue(clock: Clock, run: (key: string) => void): WorkQueue {
  const waiting = new Map<string, { due: number; cancel: () => void }>();
  let stopped = false;

  return {
    add(key, delay = 0) {
      if (stopped) return;
      const due = clock.now() + delay;
      const known = waiting.get(key);
      if (known !== undefined && known.due <= due) return;
      known?.cancel();
      const cancel = clock.after(delay, () => {
        waiting.delete(key);
        run(key);
      });
      waiting.set(key, { due, cancel });
    },
    stop() {
      stopped = true;
      for (const { cancel } of waiting.values()) cancel();
      waiting.clear();
    },
  };
}
