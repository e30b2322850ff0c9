import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { logTail } from '../control-plane/component.ts';
import type { ControlPlane } from '../control-plane/control-plane.ts';
import { pathOf } from '../control-plane/processes.ts';
import { mustRun } from '../control-plane/program.ts';
import { until } from '../control-plane/until.ts';
import { type NodeLayout, path } from '../node/layout.ts';
import type { Machine } from '../node/machine.ts';
import type { NodeNetwork } from '../node/network.ts';
import { type AgentOptions, agentCommand, apiSocket, libraryOf, toolsOf } from './agent.ts';
import { clang } from './packages.ts';
import { copyPrograms, definitions } from './sources.ts';
import { pods, services, world } from './world.ts';
import { isReady } from './world-server.ts';

const pluginsOf = (layout: NodeLayout): string => path(layout, 'cni-plugins');

/** Cilium, which holds to NetworkPolicies and to its own, and a piece of world outside of the cluster. */
export interface Cilium {
  readonly network: NodeNetwork;
  /** Where it runs, once it does. */
  readonly machine: () => Machine;
}

export function createCilium(options: AgentOptions): Cilium {
  let machine: Machine | undefined;
  const network: NodeNetwork = {
    plugins: pluginsOf,
    dns: services.dns,
    controllerManagerFlags: ['--allocate-node-cidrs=true', `--cluster-cidr=${pods}`],
    configure,
    async connect(on, controlPlane) {
      machine = on;
      await Promise.all([
        define(controlPlane),
        startWorld(on),
        relay(on, controlPlane),
        run(on.inside('node', ['sh', script('mounts.sh'), on.layout.directory])),
      ]);
      const command = agentCommand(on.layout, controlPlane.kubeconfig, options);
      await on.programs.start('cilium-agent', on.inside('network', command));
      await ready(on);
    },
  };
  return {
    network,
    machine() {
      if (machine === undefined) throw new Error('Cilium was not started');
      return machine;
    },
  };
}

async function configure(layout: NodeLayout): Promise<void> {
  const folders = [path(layout, 'cni'), pluginsOf(layout), toolsOf(layout)];
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
  const list = { cniVersion: '1.0.0', name: 'cilium', plugins: [{ type: 'cilium-cni' }] };
  await Promise.all([
    writeFile(path(layout, 'cni', '05-cilium.conflist'), JSON.stringify(list)),
    symlink(pathOf('cilium-cni'), join(pluginsOf(layout), 'cilium-cni')),
    symlink('/usr/lib/cni/loopback', join(pluginsOf(layout), 'loopback')),
    // The agent calls it without a version.
    symlink(clang, join(toolsOf(layout), 'clang')),
    copyPrograms(join(libraryOf(layout), 'bpf')),
  ]);
}

/** Its API is a socket in the node's /run, which is a folder of ours. */
async function ready({ layout, programs }: Machine): Promise<void> {
  const dispatcher = new Agent({ connect: { socketPath: apiSocket(layout) } });
  const healthy = async (): Promise<boolean> => {
    const { statusCode, body } = await request('http://cilium/v1/healthz', { dispatcher });
    const health = (await body.json()) as { cilium?: { state?: string } };
    return statusCode === 200 && health.cilium?.state === 'Ok';
  };
  try {
    // It compiles its programs first, which takes a busy machine a while.
    await until('Cilium is ready', healthy, { timeoutMs: 180_000, giveUp: programs.check });
  } catch (error) {
    throw new Error(`${String(error)}\n--- cilium-agent\n${logTail(programs.log('cilium-agent'))}`, {
      cause: error,
    });
  } finally {
    await dispatcher.close();
  }
}

const script = (name: string): string => join(import.meta.dirname, name);
const run = ([program = '', ...args]: readonly string[]): Promise<string> => mustRun(program, args);

async function define({ request: ask }: ControlPlane): Promise<void> {
  const answers = (await definitions()).map((definition) =>
    ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition),
  );
  const refused = (await Promise.all(answers)).find(({ status }) => status !== 201);
  if (refused !== undefined) throw new Error(`a definition was refused: ${JSON.stringify(refused.body)}`);
}

async function startWorld({ programs, inside }: Machine): Promise<void> {
  const { hosts, ports, node, gateway } = world;
  const server = [process.execPath, script('world-server.ts'), ...ports.map(String)];
  const argv = ['sh', script('world.sh'), world.interface, node, gateway, pods, ...server];
  const addresses = `ADDRESSES=${Object.values(hosts).join(' ')}`;
  await programs.start('world', inside('network', ['env', addresses, ...argv]));
  const listens = (): boolean => logTail(programs.log('world')).startsWith(isReady);
  await until('the world is there', listens, { timeoutMs: 30_000, giveUp: programs.check });
}

/** The API server listens on the machine's loopback; the node's network has the same address, and one that pods could reach. */
async function relay({ layout, programs, inside }: Machine, { server }: ControlPlane): Promise<void> {
  const { port } = new URL(server);
  const socket = path(layout, 'api-server.sock');
  const argv = (from: string, to: string) => [process.execPath, script('relay.ts'), from, to];
  await programs.start('relay-outside', argv(socket, `127.0.0.1:${port}`));
  await programs.start('relay-inside', inside('network', argv(`0.0.0.0:${port}`, socket)));
}
