import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';

export interface WatchedFilesDeps<T> {
  readonly paths: readonly string[];
  /** Throws, with words for people, when the texts cannot be used together. */
  readonly parse: (contents: readonly Buffer[]) => T;
  /** How often they are looked at when nothing tells of a change; milliseconds. */
  readonly intervalMs: number;
  readonly onChange?: (value: T) => void;
  /** Told once of each state of the files that cannot be used; what was there before stays. */
  readonly onProblem?: (problem: unknown) => void;
}

/** Files that are read again when they change. What cannot be used changes nothing. */
export interface WatchedFiles<T> {
  readonly current: T;
  /** Told after each change, until unsubscribed. */
  subscribe(listener: (value: T) => void): () => void;
  /** Looks now. */
  look(): void;
  close(): void;
}

/** Whoever writes two files that belong together has both written after this time. */
const settleMs = 100;
/** Bounds a file that somebody has mounted by mistake. */
const maxBytes = 4 * 1024 * 1024;

/**
 * Reads files, and again whenever their directories say that something changed: a mounted Secret or ConfigMap changes by a symbolic link beside
 * its files, which a watch of the files themselves does not see.
 * @throws what `parse` or the reading throws, the first time
 */
export function watchFiles<T>(deps: WatchedFilesDeps<T>): WatchedFiles<T> {
  const first = read(deps.paths);
  let current = deps.parse(first.contents);
  let seen = first.digest;
  const listeners = new Set<(value: T) => void>();
  const look = (): void => {
    try {
      const { contents, digest } = read(deps.paths);
      if (digest === seen) return;
      seen = digest;
      current = deps.parse(contents);
    } catch (problem) {
      // A file that is missing is told once, too, and looked for again.
      if (problem instanceof UnreadableError) {
        if (seen === problem.message) return;
        seen = problem.message;
      }
      deps.onProblem?.(problem);
      return;
    }
    deps.onChange?.(current);
    for (const listener of [...listeners]) listener(current);
  };
  let settling: NodeJS.Timeout | undefined;
  const soon = (): void => {
    // Not put off by what comes meanwhile: a directory in which something is written all the time would never settle.
    settling ??= setTimeout(() => {
      settling = undefined;
      look();
    }, settleMs).unref();
  };
  const directories = watchDirectories(deps.paths, soon);
  const timer = setInterval(() => {
    directories.renew();
    look();
  }, deps.intervalMs);
  timer.unref();
  return {
    get current() {
      return current;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    look,
    close() {
      clearInterval(timer);
      clearTimeout(settling);
      directories.close();
    },
  };
}

class UnreadableError extends Error {}

function read(paths: readonly string[]): { readonly contents: readonly Buffer[]; readonly digest: string } {
  const contents = paths.map(readOne);
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length}:`).update(content);
  return { contents, digest: hash.digest('hex') };
}

function readOne(path: string): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new UnreadableError(`${path} cannot be read: ${why}`, { cause });
  }
  if (content.length > maxBytes) throw new UnreadableError(`${path} is larger than ${maxBytes} bytes`);
  return content;
}

/** A directory that cannot be watched, or went, is tried again at each renewal; until then the interval finds what changed. */
function watchDirectories(paths: readonly string[], onEvent: () => void) {
  const watchers = new Map<string, FSWatcher>();
  const renew = (): void => {
    for (const directory of new Set(paths.map((path) => dirname(path)))) {
      if (watchers.has(directory)) continue;
      try {
        const watcher = watch(directory, { persistent: false }, onEvent);
        watcher.on('error', () => {
          watcher.close();
          watchers.delete(directory);
        });
        watchers.set(directory, watcher);
      } catch {
        // See above.
      }
    }
  };
  renew();
  return {
    renew,
    close() {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}
