import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Api, createApi } from './api.ts';
import { backUp } from './backup.ts';
import { defaultBehaviour } from './behaviour.ts';
import { binariesOf, missingBinaries, ofLine, versionOf } from './binaries.ts';
import { logTail } from './component.ts';
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import { createDirectory, remove } from './directory.ts';
import { adminKubeconfig, kwokFile, type Layout, pkiDirectory, serverUrl } from './flags.ts';
import { createKubeconfigs } from './identities.ts';
import { defaultNodes, nodeObject } from './nodes.ts';
import { freePorts } from './ports.ts';
import { componentNames, createProcesses, type Processes, pathOf } from './processes.ts';
import { mustRun, runProgram } from './program.ts';
import { kwokDocuments } from './stages.ts';
import { until } from './until.ts';

export { behaviour } from './behaviour.ts';
export type { ControlPlane, ControlPlaneOptions, Identity } from './control-plane.ts';
export type { NodeSpec } from './nodes.ts';

/** Ports are found before they are used: another process may take one in between, and then all starts once more. */
const startAttempts = 3;

/**
 * Starts etcd, the API server, the controller manager, the scheduler and fake nodes, and resolves when pods can run.
 * Builds nothing: without the programs it fails at once and says how to get them.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const missing = missingBinaries(binariesOf(options.line ?? '1.37'));
  if (missing.length > 0) {
    throw new Error(
      `The test control plane is not built (missing: ${missing.join(', ')}). ` +
        `Run: node test/support/control-plane/build.ts --only ${missing.join(',')} (about 10 minutes, once).`,
    );
  }
  for (let attempt = 1; ; attempt += 1) {
    const layout = await createLayout(options);
    try {
      return await start(layout, options);
    } catch (error) {
      const portTaken = error instanceof Error && error.message.includes('address already in use');
      if (attempt === startAttempts || !portTaken) throw error;
    }
  }
}

async function createLayout(options: ControlPlaneOptions): Promise<Layout> {
  const [apiServerPort = 0, etcdPort = 0, etcdPeerPort = 0] = await freePorts(3);
  return {
    line: options.line ?? '1.37',
    directory: await createDirectory(),
    apiServerPort,
    etcdPort,
    etcdPeerPort,
    extraFlags: {
      apiServer: options.apiServerFlags ?? [],
      controllerManager: options.controllerManagerFlags ?? [],
      scheduler: options.schedulerFlags ?? [],
    },
  };
}

async function start(layout: Layout, options: ControlPlaneOptions): Promise<ControlPlane> {
  const deadline = Date.now() + (options.timeoutMs ?? 60_000);
  const processes = createProcesses(layout);
  let api: Api | undefined;
  const stop = async (): Promise<void> => {
    api?.close();
    await processes.endAll();
    await remove(layout.directory);
  };
  const ready = async (what: string, ask: () => Promise<boolean>): Promise<void> => {
    await until(what, ask, { timeoutMs: deadline - Date.now(), giveUp: processes.check });
  };
  try {
    await mustRun(pathOf('pki'), ['init', pkiDirectory(layout)]);
    const kubeconfigs = createKubeconfigs(layout, () => api as Api);
    await kubeconfigs.writeAdmin();
    const documents = kwokDocuments({ ...defaultBehaviour, ...options.behaviour }, options.events ?? true);
    await writeFile(kwokFile(layout), documents);
    await Promise.all([processes.start('etcd'), processes.start('kube-apiserver')]);
    api = createApi({ server: serverUrl(layout), ...kubeconfigs.admin });
    const client = api;
    await ready('the API server', () => isReady(client));
    await Promise.all([
      processes.start('kube-controller-manager'),
      processes.start('kube-scheduler'),
      processes.start('kwok'),
      createNodes(client, options),
    ]);
    await ready('nodes and the default service account', () => canRunPods(client, options));
    return controlPlane(layout, processes, client, kubeconfigs.write, stop);
  } catch (error) {
    const explained = explain(error, processes);
    await stop();
    throw explained;
  }
}

function controlPlane(
  layout: Layout,
  processes: Processes,
  api: Api,
  kubeconfigFor: ControlPlane['kubeconfigFor'],
  stop: () => Promise<void>,
): ControlPlane {
  const kubeconfig = adminKubeconfig(layout);
  let stopped: Promise<void> | undefined;
  return {
    server: serverUrl(layout),
    caFile: join(pkiDirectory(layout), 'ca.crt'),
    kubeconfig,
    directory: layout.directory,
    logs: processes.logs,
    pids: processes.pids,
    request: api.request,
    kubeconfigFor,
    kubectl: (args, programOptions) =>
      runProgram(pathOf('kubectl'), [`--kubeconfig=${kubeconfig}`, ...args], programOptions),
    signal: processes.signal,
    stopApiServer: (signal = 'SIGKILL') => processes.end('kube-apiserver', signal),
    startApiServer: async () => {
      await processes.start('kube-apiserver');
      await until('the API server', () => isReady(api), { timeoutMs: 60_000, giveUp: processes.check });
    },
    backUp: () =>
      backUp(layout, processes, async () => {
        await until('the API server', () => isReady(api), { timeoutMs: 60_000, giveUp: processes.check });
      }),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

const isReady = async (api: Api): Promise<boolean> =>
  (await api.request('GET', '/readyz', undefined, { timeoutMs: 2_000 })).status === 200;

async function createNodes(api: Api, options: ControlPlaneOptions): Promise<void> {
  const objects = (options.nodes ?? defaultNodes).map((spec, index) =>
    nodeObject(spec, index, versionOf(ofLine('kube-apiserver', options.line ?? '1.37'))),
  );
  const answers = await Promise.all(objects.map((object) => api.request('POST', '/api/v1/nodes', object)));
  const refused = answers.find(({ status }) => status !== 201);
  if (refused !== undefined) throw new Error(`a node was refused: ${JSON.stringify(refused.body)}`);
}

/** Every fake node is Ready and untainted, and the controllers work: pods can be admitted, scheduled and started. */
async function canRunPods(api: Api, options: ControlPlaneOptions): Promise<boolean> {
  const nodes = (await api.request('GET', '/api/v1/nodes')).body.items as readonly NodeObject[];
  const account = await api.request('GET', '/api/v1/namespaces/default/serviceaccounts/default');
  const expected = (options.nodes ?? defaultNodes).length;
  return account.status === 200 && nodes.filter(isUsable).length >= expected;
}

interface NodeObject {
  readonly spec: { readonly taints?: readonly { readonly key: string }[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const isUsable = ({ spec, status }: NodeObject): boolean =>
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true &&
  spec.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready') !== true;

function explain(error: unknown, processes: Processes): Error {
  const message = error instanceof Error ? error.message : String(error);
  const tails = componentNames.map((name) => `--- ${name}\n${logTail(processes.logs[name])}`);
  return new Error(`The test control plane did not start: ${message}\n${tails.join('\n')}`, { cause: error });
}
