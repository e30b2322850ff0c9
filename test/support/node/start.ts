import { logTail } from '../control-plane/component.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/start.ts';
import { until } from '../control-plane/until.ts';
import { bridge } from './bridge.ts';
import { processesIn } from './cgroups.ts';
import { type KubeletIdentity, kubeletCommand, type NodeOptions, writeKubeletFiles } from './kubelet.ts';
import { type Machine, startMachine } from './machine.ts';
import type { NodeNetwork } from './network.ts';
import type { RealNode } from './node.ts';
import { installPackages, whyNoNode } from './packages.ts';

export type { NodeOptions } from './kubelet.ts';
export type { PodRef, RealNode } from './node.ts';
export { isNodeAvailable } from './packages.ts';

const nodeName = 'node-1';

/** The node is missed after this; it renews its lease every 2 s. */
const missedAfter = '16s';

/** Starts a control plane with one real node, and resolves when pods can run there: about 15 s. */
export async function startNode(options: NodeOptions = {}): Promise<RealNode> {
  if (process.env.CI === 'true') await installPackages(console.error);
  const why = whyNoNode();
  if (why !== undefined) throw new Error(`No real node can run here: ${why}`);
  const { network = bridge } = options;
  const [machine, controlPlane] = await both(startMachine(network), startOwnControlPlane(network));
  const node = createNode(machine, controlPlane);
  try {
    await writeKubeletFiles(machine.layout, await node.identity, options);
    await node.startKubelet();
    await network.connect(machine, controlPlane);
    await node.ready();
    return node;
  } catch (error) {
    const told = logTail(machine.programs.log('kubelet'));
    await node.stop();
    throw new Error(`the node did not start: ${String(error)}\n--- kubelet\n${told}`, { cause: error });
  }
}

const startOwnControlPlane = (network: NodeNetwork): Promise<ControlPlane> =>
  startControlPlane({
    nodes: [],
    // The node's name resolves nowhere; its address is one of this machine.
    apiServerFlags: ['--kubelet-preferred-address-types=InternalIP'],
    controllerManagerFlags: [
      `--node-monitor-grace-period=${missedAfter}`,
      '--node-monitor-period=1s',
      ...network.controllerManagerFlags,
    ],
  });

/** Both, or neither: what has started when the other fails is removed again. */
async function both(
  machine: Promise<Machine>,
  controlPlane: Promise<ControlPlane>,
): Promise<readonly [Machine, ControlPlane]> {
  const [first, second] = await Promise.allSettled([machine, controlPlane]);
  if (first.status === 'fulfilled' && second.status === 'fulfilled') return [first.value, second.value];
  if (first.status === 'fulfilled') await first.value.remove();
  if (second.status === 'fulfilled') await second.value.stop();
  throw first.status === 'rejected' ? first.reason : (second as PromiseRejectedResult).reason;
}

function createNode(
  machine: Machine,
  controlPlane: ControlPlane,
): RealNode & { readonly identity: Promise<KubeletIdentity> } {
  const { layout, programs } = machine;
  const identity = controlPlane
    .kubeconfigFor({ user: `system:node:${nodeName}`, groups: ['system:nodes'] })
    .then((kubeconfig) => ({ nodeName, kubeconfig, caFile: controlPlane.caFile }));
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await programs.kill('kubelet');
    await Promise.all([machine.remove(), controlPlane.stop()]);
  };
  return {
    controlPlane,
    identity,
    name: nodeName,
    stopKubelet: () => programs.kill('kubelet'),
    startKubelet: async () =>
      programs.start('kubelet', machine.inside('node', kubeletCommand(layout, await identity))),
    stopContainerd: () => programs.kill('containerd'),
    startContainerd: machine.startContainerd,
    ready: () =>
      until('the node is ready', () => isReady(controlPlane), {
        timeoutMs: 60_000,
        giveUp: programs.check,
      }).then(() => undefined),
    processesOf: ({ status }, container) => {
      const id = status.containerStatuses?.find(({ name }) => name === container)?.containerID;
      if (!id) throw new Error(`the pod has no container ${container} yet`);
      return processesIn(layout.cgroup, id.replace('containerd://', ''));
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function isReady({ request }: ControlPlane): Promise<boolean> {
  const { status, body } = await request('GET', `/api/v1/nodes/${nodeName}`);
  if (status !== 200) return false;
  const ready = body.status.conditions?.find(({ type }: { type: string }) => type === 'Ready');
  return ready?.status === 'True' && (body.spec.taints ?? []).length === 0;
}
