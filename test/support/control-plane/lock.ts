import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A holder touches its lock this often; one that was not touched for `staleAfterMs` is nobody's any more. */
const touchEveryMs = 5_000;
const staleAfterMs = 60_000;
const pollEveryMs = 500;

/**
 * Runs `work` while holding the lock directory at `path`, across processes. A lock whose holder died is taken over: at
 * once when it died on this machine, after a minute otherwise. `onWait` is told, each time it looks, how long it has waited.
 */
export async function withLock<T>(
  path: string,
  onWait: (ms: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  const started = Date.now();
  while (!(await acquire(path))) {
    if (await isStale(path)) await evict(path);
    else {
      onWait(Date.now() - started);
      await delay(pollEveryMs);
    }
  }
  const touching = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), touchEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await rm(path, { recursive: true, force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await writeFile(join(path, 'holder'), JSON.stringify({ pid: process.pid, host: hostname() }));
  return true;
}

async function isStale(path: string): Promise<boolean> {
  const touched = await stat(path).catch(() => undefined);
  if (touched === undefined) return false;
  if (Date.now() - touched.mtimeMs > staleAfterMs) return true;
  const text = await readFile(join(path, 'holder'), 'utf8').catch(() => '');
  // Not written yet: the holder is between its two steps, or died there and will be stale in a minute.
  if (text === '') return false;
  const holder = JSON.parse(text) as { readonly pid: number; readonly host: string };
  return holder.host === hostname() && !isAlive(holder.pid);
}

// Renamed before it is removed, so that of several that see the same stale lock one wins. Should a slow one rename the
// lock that another has just taken, two would work at once: callers must stay correct then, only slower.
async function evict(path: string): Promise<void> {
  const grave = `${path}.stale-${process.pid}-${Date.now()}`;
  try {
    await rename(path, grave);
  } catch {
    return;
  }
  await rm(grave, { recursive: true, force: true });
}

/** Whether a process of that id runs (or a zombie of it waits to be reaped). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
