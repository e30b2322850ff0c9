export interface LookQueueDeps {
  /** Must not throw. */
  readonly look: (id: string) => Promise<void>;
  readonly signal: AbortSignal;
  /** Most looks that begin in a second, and that are under way at once. */
  readonly perSecond?: number;
  readonly atOnce?: number;
}

export interface LookQueue {
  /** Each id once, at the end of its row; row 0 goes first. */
  add(id: string, row: 0 | 1 | 2): void;
  remove(id: string): void;
  readonly size: number;
}

/**
 * Rations looks at the API server. Etcd has no index over Events: each list by uid reads all of a namespace, so 10,000 steps that wait
 * must not ask at once. Holds at most one entry for each id.
 */
export function createLookQueue(deps: LookQueueDeps): LookQueue {
  const { look, signal, perSecond = 10, atOnce = 2 } = deps;
  const rows = [new Set<string>(), new Set<string>(), new Set<string>()] as const;
  const gapMs = 1_000 / perSecond;
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    for (const row of rows) row.clear();
  });

  const take = (): string | undefined => {
    for (const row of rows) {
      for (const id of row) {
        row.delete(id);
        return id;
      }
    }
    return undefined;
  };

  const next = (): void => {
    if (timer !== undefined || running >= atOnce || signal.aborted) return;
    const id = take();
    if (id === undefined) return;
    running += 1;
    timer = setTimeout(() => {
      timer = undefined;
      next();
    }, gapMs);
    void look(id).finally(() => {
      running -= 1;
      next();
    });
  };

  return {
    add(id, row) {
      for (const other of rows) other.delete(id);
      rows[row].add(id);
      next();
    },
    remove(id) {
      for (const row of rows) row.delete(id);
    },
    get size() {
      return rows.reduce((sum, row) => sum + row.size, 0);
    },
  };
}
