// Removes what a node leaves behind: its cgroups and its directory. It is a process of its own, which outlives the one that has
// started it however that ends: it begins when its standard input closes, and waits until the node's process 1 is gone.
//   node janitor.ts DIRECTORY
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isAlive } from '../control-plane/lock.ts';
import { until } from '../control-plane/until.ts';
import { removeCgroup } from './cgroups.ts';

const directory = process.argv[2] ?? '';
process.stdin.resume();
process.stdin.once('close', () => void clean());

async function clean(): Promise<void> {
  const patience = { timeoutMs: 20_000, everyMs: 50 };
  const pidFile = join(directory, 'init.pid');
  await until(
    'the node has ended',
    () => !existsSync(pidFile) || !isAlive(Number(readFileSync(pidFile, 'utf8'))),
    patience,
  );
  await until('its cgroups are gone', () => removeCgroup(basename(directory)), patience);
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
