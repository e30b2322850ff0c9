import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../control-plane/until.ts';
import { cgroupsNamed } from '../node/cgroups.ts';
import type { NodeLayout } from '../node/layout.ts';
import { traces } from '../node/traces.ts';
import { isCiliumAvailable } from './packages.ts';

const bound = { timeoutMs: 30_000, everyMs: 20 };

describe.skipIf(!isCiliumAvailable())('a node under Cilium leaves nothing behind', () => {
  test('when the process that has started it is killed with SIGKILL', { timeout: 300_000 }, async () => {
    const before = traces();
    const script = join(import.meta.dirname, 'starters', 'hold.ts');
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = await once(createInterface(child.stdout), 'line');
    const held: NodeLayout = JSON.parse(line);
    expect(Object.keys(networkInterfaces())).toContain(held.interface);
    // What the agent has loaded, mounted and set is in the node's own namespaces already.
    const { interfaces, routes, ...rest } = traces();
    expect(rest).toEqual(without(before));

    child.kill('SIGKILL');
    await until('its cgroups are gone', () => cgroupsNamed(held.cgroup).length === 0, bound);
    await until('its directory is gone', () => !existsSync(held.directory), bound);
    await until('its interface is gone', () => !(held.interface in networkInterfaces()), bound);
    expect(traces()).toEqual(before);
  });
});

const without = ({ interfaces, routes, ...rest }: ReturnType<typeof traces>) => rest;
