import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../control-plane/program.ts';
import { archive, type ImagePlan } from './archive.ts';
import { type Member, tar } from './tar.ts';

/** What keeps a pod's sandbox open. */
export const pauseImage = 'glip.local/pause:1';
/** A shell and its tools, without an agent. */
export const shellImage = 'registry.example/shell:1.0.0';

/** The image of a sample agent, by its folder under agents/. */
export const agentImage = (folder: string): string =>
  `registry.example/${folder.slice(folder.lastIndexOf('/') + 1)}:1.0.0`;

/** The probe as process 1 of its container: the kernel protects it from its own signals. */
export const bareProbeImage = 'registry.example/probe-as-process-1:1.0.0';

const project = join(import.meta.dirname, '..', '..', '..', '..');
const agents = ['clean-activity-data', 'compute-emissions', 'write-report', 'testing/probe'];
const node = '/usr/local/bin/node';
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };

/** The archive of all images that the tests use: a shell, and the sample agents on the Node of this project. */
export async function buildImages(): Promise<Buffer> {
  const [shell, runtime] = await Promise.all([shellLayer(), nodeLayer()]);
  const base = { layers: [shell], env };
  const withAgents = { layers: [shell, runtime, agentsLayer()], env };
  const main = (folder: string): readonly string[] => [node, `/agents/${folder}/main.mjs`];
  const images: readonly ImagePlan[] = [
    { ...base, name: pauseImage, entrypoint: ['/bin/busybox', 'sleep', '2147483647'] },
    { ...base, name: shellImage, entrypoint: ['/bin/sh', '-c'] },
    ...agents.map((folder) => ({
      ...withAgents,
      name: agentImage(folder),
      entrypoint: ['/bin/init', ...main(folder)],
    })),
    { ...withAgents, name: bareProbeImage, entrypoint: main('testing/probe') },
  ];
  return archive(images, goArchitecture());
}

const goArchitecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch);

async function shellLayer(): Promise<Buffer> {
  const busybox = '/bin/busybox';
  const applets = (await mustRun(busybox, ['--list'])).trim().split('\n');
  return tar([
    file(busybox, readFileSync(busybox), 0o755),
    ...applets
      .filter((name) => name !== 'busybox')
      .map((name): Member => ({ kind: 'link', path: `bin/${name}`, to: busybox })),
    file('/bin/init', readFileSync(join(import.meta.dirname, 'init.sh')), 0o755),
    file('/etc/passwd', Buffer.from('root:x:0:0::/:/bin/sh\nagent:x:1000:1000::/:/bin/sh\n')),
    file('/etc/group', Buffer.from('root:x:0:\nagent:x:1000:\n')),
    // Executable, but no program of any kind.
    file('/etc/text', Buffer.from('nothing that could run\n'), 0o755),
    { kind: 'folder', path: 'tmp', mode: 0o1777 },
  ]);
}

/** Node and the shared libraries that it needs, at the places where it looks for them. */
async function nodeLayer(): Promise<Buffer> {
  const listed = await mustRun('ldd', [process.execPath]);
  const libraries = [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
  return tar([
    file(node, readFileSync(process.execPath), 0o755),
    ...libraries.map((path) => file(path, readFileSync(path), 0o755)),
  ]);
}

function agentsLayer(): Buffer {
  const folder = join(project, 'agents');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const sources = names.filter((name) => /\.(mjs|json)$/.test(name)).sort();
  return tar(sources.map((name) => file(`/agents/${name}`, readFileSync(join(folder, name)))));
}

const file = (path: string, content: Uint8Array, mode = 0o644): Member => ({
  kind: 'file',
  path,
  content,
  mode,
});
