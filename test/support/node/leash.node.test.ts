import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../control-plane/lock.ts';
import { until } from '../control-plane/until.ts';
import { cgroupsNamed } from './cgroups.ts';
import type { NodeLayout } from './layout.ts';
import { isNodeAvailable } from './start.ts';
import { traces } from './traces.ts';

const bound = { timeoutMs: 20_000, everyMs: 20 };
describe.skipIf(!isNodeAvailable())('a node leaves nothing behind', { timeout: 90_000 }, () => {
  test('when the process that has started it is killed with SIGKILL', async () => {
    const before = traces();
    const { child, held } = await startHolder();
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(held.pids.length).toBeGreaterThan(0);
    expect(held.pids.every(isAlive)).toBe(true);
    expect(Object.keys(networkInterfaces())).toContain(held.interface);
    expect(cgroupsNamed(held.cgroup)).toEqual([held.cgroup]);

    child.kill('SIGKILL');
    await until('its containers are gone', () => !held.pids.some(isAlive), bound);
    await until('its cgroups are gone', () => cgroupsNamed(held.cgroup).length === 0, bound);
    await until('its directory is gone', () => !existsSync(held.directory), bound);
    await until('its interface is gone', () => !(held.interface in networkInterfaces()), bound);
    expect(traces()).toEqual(before);
  });
});

type Held = NodeLayout & { readonly pids: readonly number[] };

/** Another Node process that holds a node's machine. */
async function startHolder(): Promise<{ readonly child: ChildProcess; readonly held: Held }> {
  const script = join(import.meta.dirname, 'starters', 'hold.ts');
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) return { child, held: JSON.parse(line) as Held };
  throw new Error('the holder ended before it had started anything');
}
