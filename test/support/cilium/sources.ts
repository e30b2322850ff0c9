import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ciliumModule, moduleDirectory } from '../control-plane/binaries.ts';
import { mustRun } from '../control-plane/program.ts';

/** The folder of Cilium's module: what the agent needs beside itself is of the same version as the agent. */
async function moduleFolder(): Promise<string> {
  const { stdout } = {
    stdout: await mustRun(
      'go',
      ['-C', moduleDirectory('cilium-agent'), 'mod', 'download', '-json', ciliumModule],
      { timeoutMs: 300_000 },
    ),
  };
  return JSON.parse(stdout).Dir as string;
}

/** The kernel's part, as C: the agent compiles it for this node. */
export async function copyPrograms(target: string): Promise<void> {
  const source = join(await moduleFolder(), 'bpf');
  const unused = new Set(['tests', 'complexity-tests', 'test-progs'].map((name) => join(source, name)));
  await cp(source, target, { recursive: true, filter: (path) => !unused.has(path) });
  // The files of a module are read-only; the agent adds headers to these.
  await mustRun('chmod', ['-R', 'u+w', target]);
}

/** The definitions of Cilium's own kinds, which its operator would create. */
export async function definitions(): Promise<readonly object[]> {
  const folder = join(await moduleFolder(), 'pkg', 'k8s', 'apis', 'cilium.io', 'client', 'crds');
  const names = await readdir(folder, { recursive: true });
  const texts = names
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFile(join(folder, name), 'utf8'));
  return (await Promise.all(texts)).map((text) => parse(text) as object);
}
