import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../control-plane/lock.ts';
import { until } from '../control-plane/until.ts';
import { cgroupsNamed } from './cgroups.ts';
import type { NodeLayout } from './layout.ts';
import { isNodeAvailable } from './start.ts';

const bound = { timeoutMs: 20_000, everyMs: 20 };
const sysctls = ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops'];

/** What a node could leave behind. */
const machine = () => ({
  sysctls: sysctls.map((name) => readFileSync(`/proc/sys/${name}`, 'utf8')),
  hosts: readFileSync('/etc/hosts', 'utf8'),
  mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
  interfaces: Object.keys(networkInterfaces()),
  state: ['/run', '/var/lib', '/var/log'].map((folder) => readdirSync(folder)),
});

describe.skipIf(!isNodeAvailable())('a node leaves nothing behind', { timeout: 90_000 }, () => {
  test('when the process that has started it is killed with SIGKILL', async () => {
    const before = machine();
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
    expect(machine()).toEqual(before);
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
