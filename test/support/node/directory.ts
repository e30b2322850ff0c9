import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../control-plane/lock.ts';
import { prefix } from './layout.ts';

/** A node's directory, and the process that removes it with all that belongs to it. */
export interface NodeDirectory {
  readonly directory: string;
  /** Resolves when all is removed. The node's processes must have ended, or be about to. */
  readonly remove: () => Promise<void>;
}

export async function createNodeDirectory(): Promise<NodeDirectory> {
  await sweep();
  const directory = await mkdtemp(join(tmpdir(), prefix));
  await writeFile(join(directory, 'owner.pid'), String(process.pid));
  await mkdir(join(directory, 'logs'));
  const janitor = startJanitor(directory);
  return { directory, remove: () => dismiss(janitor) };
}

/** Its own session: a signal to the group of the tests must not reach the one that cleans up after them. */
function startJanitor(directory: string): ChildProcess {
  const script = join(import.meta.dirname, 'janitor.ts');
  const child = spawn(process.execPath, [script, directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin?.on('error', () => {});
  return child;
}

async function dismiss(janitor: ChildProcess): Promise<void> {
  if (janitor.exitCode !== null) return;
  const ended = once(janitor, 'exit');
  janitor.stdin?.end();
  const [code] = await ended;
  if (code !== 0) throw new Error('the node could not be removed from this machine; see the lines above');
}

/** Directories whose owner and whose janitor were both killed. */
async function sweep(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  const abandoned = names.map((name) => join(tmpdir(), name)).filter(isAbandoned);
  await Promise.all(abandoned.map((directory) => dismiss(startJanitor(directory))));
}

function isAbandoned(directory: string): boolean {
  try {
    return !isAlive(Number(readFileSync(join(directory, 'owner.pid'), 'utf8')));
  } catch {
    // No owner yet: it is being made.
    return false;
  }
}
