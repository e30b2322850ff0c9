import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { isAvailable } from './available.ts';
import { createDirectory, remove } from './directory.ts';
import { isAlive } from './lock.ts';
import { until } from './until.ts';

const bound = { timeoutMs: 10_000, everyMs: 20 };

describe.skipIf(!isAvailable())('nothing outlives the process that started it', { timeout: 90_000 }, () => {
  test('killed with SIGKILL, it takes every program and every supervisor along', async () => {
    const { child, pids, directory } = await startHolder();
    const supervisors = pids.map(parentOf);
    expect(new Set(supervisors).size).toBe(5);
    expect([...pids, ...supervisors].every(isAlive)).toBe(true);
    child.kill('SIGKILL');
    await until('all are gone', () => ![...pids, ...supervisors].some(isAlive), bound);

    // Nobody was left to remove the directory: the next start does.
    expect(existsSync(directory)).toBe(true);
    await remove(await createDirectory());
    expect(existsSync(directory)).toBe(false);
  });

  test('a killed supervisor takes its program along', async () => {
    const { child, pids } = await startHolder();
    const [victim] = pids;
    process.kill(parentOf(victim!), 'SIGKILL');
    // Elsewhere there is no parent-death signal: the program then ends with its starter, or not at all.
    if (process.platform === 'linux') await until('it is gone', () => !isAlive(victim!), bound);
    child.kill('SIGKILL');
    await until('the others are gone', () => !pids.slice(1).some(isAlive), bound);
  });
});

/** Another Node process that holds a control plane. */
async function startHolder(): Promise<{
  readonly child: ChildProcess;
  readonly pids: readonly number[];
  readonly directory: string;
}> {
  const script = join(import.meta.dirname, 'starters', 'hold.ts');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) return { child, ...JSON.parse(line) };
  throw new Error('the holder ended before it had started anything');
}

const parentOf = (pid: number): number =>
  Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).trim());
