import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './lock.ts';

const prefix = 'glip-control-plane-';
const ownerFile = 'owner.pid';

/** A directory for one control plane; also removes those whose owner was killed before it could do so itself. */
export async function createDirectory(): Promise<string> {
  await sweep();
  const directory = await mkdtemp(join(tmpdir(), prefix));
  await writeFile(join(directory, ownerFile), String(process.pid));
  await mkdir(join(directory, 'logs'));
  await mkdir(join(directory, 'pki'));
  return directory;
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const directory = join(tmpdir(), name);
    if (name.startsWith(prefix) && isAbandoned(directory)) await remove(directory);
  }
}

function isAbandoned(directory: string): boolean {
  const file = join(directory, ownerFile);
  try {
    return existsSync(file) && !isAlive(Number(readFileSync(file, 'utf8')));
  } catch {
    return false;
  }
}

/** Never fails: what cannot be removed now is removed by the next start. */
export const remove = (directory: string): Promise<void> =>
  rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
