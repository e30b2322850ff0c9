import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mustRun } from '../control-plane/program.ts';
import { until } from '../control-plane/until.ts';
import { bridge } from './bridge.ts';
import { makeCgroup } from './cgroups.ts';
import { containerdConfig, writeContainerdFiles } from './containerd.ts';
import { createNodeDirectory } from './directory.ts';
import { buildImages } from './images/catalogue.ts';
import { containerdSocket, createLayout, type NodeLayout, path } from './layout.ts';
import type { NodeNetwork } from './network.ts';
import { createPrograms, type Programs } from './programs.ts';

/** Where containers can run: namespaces of their own with containerd, a registry without images, and the tests' images. */
export interface Machine {
  readonly layout: NodeLayout;
  readonly programs: Programs;
  /** The command line that runs a program among the node's processes and mounts, and, where asked, in its network. */
  readonly inside: (where: 'node' | 'network', argv: readonly string[]) => readonly string[];
  readonly startContainerd: () => Promise<void>;
  /** Ends all of it and leaves nothing behind. */
  readonly remove: () => Promise<void>;
}

const patience = { timeoutMs: 30_000, everyMs: 20 };

export async function startMachine(network: NodeNetwork = bridge): Promise<Machine> {
  const { directory, remove } = await createNodeDirectory();
  const layout = createLayout(directory);
  const programs = createPrograms(layout);
  const machine: Machine = {
    layout,
    programs,
    inside: (where, argv) => enter(layout, where, argv),
    startContainerd: () => startContainerd(machine),
    remove: async () => {
      await programs.killAll();
      await remove();
    },
  };
  try {
    await makeCgroup(layout.cgroup);
    await startNamespaces(machine);
    await Promise.all([connect(layout), writeContainerdFiles(layout, network)]);
    const registry = [process.execPath, join(import.meta.dirname, 'registry.ts')];
    await programs.start('registry', machine.inside('network', registry));
    await Promise.all([machine.startContainerd(), writeImages(layout)]);
    await mustRun('ctr', [...ctr(layout), 'images', 'import', imagesFile(layout)]);
    return machine;
  } catch (error) {
    await machine.remove();
    throw error;
  }
}

async function startNamespaces({ layout, programs }: Machine): Promise<void> {
  const script = join(import.meta.dirname, 'namespaces.sh');
  const unshare = ['unshare', '--mount', '--pid', '--net', '--fork', '--kill-child'];
  await programs.start('namespaces', [...unshare, 'sh', script, layout.directory]);
  await until('the namespaces', () => existsSync(path(layout, 'ready')), {
    ...patience,
    giveUp: programs.check,
  });
}

/** A way between the machine and the node's network, which is gone with either end. */
async function connect(layout: NodeLayout): Promise<void> {
  const near = layout.interface;
  await mustRun('ip', ['link', 'add', near, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pidOf(layout)]);
  await mustRun('ip', ['address', 'add', `${layout.address}/30`, 'dev', near]);
  await mustRun('ip', ['link', 'set', near, 'up']);
  const [program = '', ...args] = enter(layout, 'network', ['ip', 'link', 'set', 'eth0', 'up']);
  await mustRun(program, args);
}

async function startContainerd({ layout, programs, inside }: Machine): Promise<void> {
  const argv = ['containerd', '--config', containerdConfig(layout)];
  await programs.start('containerd', inside('network', argv));
  const answers = async (): Promise<boolean> => (await mustRun('ctr', [...ctr(layout), 'version'])) !== '';
  await until('containerd', answers, { ...patience, giveUp: programs.check });
}

const imagesFile = (layout: NodeLayout): string => path(layout, 'images.tar');
const writeImages = async (layout: NodeLayout): Promise<void> =>
  writeFile(imagesFile(layout), await buildImages());

const ctr = (layout: NodeLayout): readonly string[] => ['-a', containerdSocket(layout), '-n', 'k8s.io'];

const pidOf = (layout: NodeLayout): string => readFileSync(path(layout, 'init.pid'), 'utf8').trim();

function enter(layout: NodeLayout, where: 'node' | 'network', argv: readonly string[]): readonly string[] {
  const network = where === 'network' ? ['--net'] : [];
  return ['nsenter', '--target', pidOf(layout), '--mount', '--pid', ...network, '--', ...argv];
}
