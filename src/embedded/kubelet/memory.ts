import { readdirSync, readFileSync } from 'node:fs';

const PAGE = 4096;
const INTERVAL = 200;

/** Kills process groups that take more memory than they may. */
export type MemoryGuard = {
  /** Calls `exceeded` once when the group's resident memory is above `limit` bytes; the returned function ends the watch. */
  watch(processGroup: number, limit: number, exceeded: () => void): () => void;
};

/** Process group and resident bytes of a process, from /proc/PID/stat. Its second field may contain spaces. */
function readStat(pid: string): { group: number; bytes: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { group: Number(fields[2]), bytes: Number(fields[21]) * PAGE };
  } catch {
    return undefined;
  }
}

/**
 * Looks at /proc every 200 ms, as a process group has no limit of its own and Node reserves far more address space than it uses.
 * Pages that processes share are counted for each of them. Does nothing where there is no /proc.
 */
export function createMemoryGuard(): MemoryGuard {
  const watched = new Map<number, { limit: number; exceeded: () => void }>();
  /** Processes of other groups, so that only new ones are read again. */
  let foreign = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const look = () => {
    const sums = new Map<number, number>();
    const others = new Set<string>();
    for (const pid of readdirSync('/proc')) {
      if (!/^[0-9]+$/.test(pid)) continue;
      const stat = foreign.has(pid) ? undefined : readStat(pid);
      if (stat !== undefined && watched.has(stat.group))
        sums.set(stat.group, (sums.get(stat.group) ?? 0) + stat.bytes);
      else others.add(pid);
    }
    foreign = others;
    for (const [group, { limit, exceeded }] of watched) {
      if ((sums.get(group) ?? 0) <= limit) continue;
      watched.delete(group);
      exceeded();
    }
  };

  const rest = () => {
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    watch(processGroup, limit, exceeded) {
      if (process.platform !== 'linux') return () => undefined;
      watched.set(processGroup, { limit, exceeded });
      foreign = new Set();
      timer ??= setInterval(look, INTERVAL).unref();
      return () => {
        watched.delete(processGroup);
        rest();
      };
    },
  };
}
