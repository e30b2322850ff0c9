import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';

/** The folders of the hierarchies: one for each controller in version 1, one for all in version 2. */
const hierarchies = (): readonly string[] =>
  existsSync(join(root, 'cgroup.controllers'))
    ? [root]
    : readdirSync(root)
        .map((name) => join(root, name))
        .filter((folder) => existsSync(join(folder, 'cgroup.procs')));

/** The kubelet wants its parent cgroup to be there. */
export async function makeCgroup(name: string): Promise<void> {
  await Promise.all(hierarchies().map((folder) => mkdir(join(folder, name), { recursive: true })));
}

/** Names of the cgroups below the root that begin so. */
export const cgroupsNamed = (prefix: string): readonly string[] =>
  [...new Set(hierarchies().flatMap((folder) => readdirSync(folder)))].filter((name) =>
    name.startsWith(prefix),
  );

/** Removes a cgroup and those below it; they go only when no process is left in them. Tells whether all are gone. */
export async function removeCgroup(name: string): Promise<boolean> {
  const gone = await Promise.all(hierarchies().map((folder) => removeTree(join(folder, name))));
  return gone.every(Boolean);
}

async function removeTree(folder: string): Promise<boolean> {
  if (!existsSync(folder)) return true;
  for (const below of foldersIn(folder)) await removeTree(below);
  return rmdir(folder).then(
    () => true,
    () => !existsSync(folder),
  );
}

/** Process ids, as this machine counts, in the cgroups below `name` whose path contains `part`. */
export function processesIn(name: string, part: string): readonly number[] {
  const find = (folder: string, inside: boolean): readonly number[] => [
    ...(inside ? pidsOf(folder) : []),
    ...foldersIn(folder).flatMap((below) => find(below, inside || below.includes(part))),
  ];
  const all = hierarchies().flatMap((folder) =>
    existsSync(join(folder, name)) ? find(join(folder, name), false) : [],
  );
  return [...new Set(all)];
}

function pidsOf(folder: string): readonly number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name));
  } catch {
    // Gone in between: the kubelet removes cgroups of pods, too.
    return [];
  }
}
