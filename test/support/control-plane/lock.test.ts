import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive, withLock } from './lock.ts';

const newPath = (): string => join(mkdtempSync(join(tmpdir(), 'lock-')), 'lock');
const noWait = (): void => {
  throw new Error('waited for a lock that is free');
};
/** A process id that was in use and is not any more. */
const deadPid = (): number => spawnSync(process.execPath, ['-e', '']).pid;

function leaveBehind(path: string, holder: object): void {
  mkdirSync(path);
  writeFileSync(join(path, 'holder'), JSON.stringify(holder));
}

test('one at a time, and nothing is left', async () => {
  const path = newPath();
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  let waits = 0;
  const onWait = (): void => {
    waits += 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, onWait, work)));
  expect(most).toBe(1);
  expect(waits).toBeGreaterThan(0);
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test('is free again after work that failed', async () => {
  const path = newPath();
  const failing = withLock(path, noWait, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await withLock(path, noWait, async () => 'yes')).toBe('yes');
});

test('of a holder that died here is taken over at once', async () => {
  const path = newPath();
  leaveBehind(path, { pid: deadPid(), host: hostname() });
  expect(await withLock(path, noWait, async () => 'mine')).toBe('mine');
});

test('of a holder elsewhere is taken over when it was not touched for a minute', async () => {
  const path = newPath();
  leaveBehind(path, { pid: process.pid, host: 'elsewhere' });
  const longAgo = new Date(Date.now() - 61_000);
  utimesSync(path, longAgo, longAgo);
  expect(await withLock(path, noWait, async () => 'mine')).toBe('mine');
});

test('isAlive tells the living from the dead', () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(deadPid())).toBe(false);
});
