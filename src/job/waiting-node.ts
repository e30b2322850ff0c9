import { containerTrouble } from './container-trouble.ts';
import type { EventView } from './event-view.ts';
import { imageTrouble } from './image-trouble.ts';
import { silenceOf } from './silent-node.ts';
import { type Cause, earliest, type WaitCase, type WaitRule } from './waiting-case.ts';

/** What the agent's container says, or an init container before it. */
export const container: WaitRule = (wait) => {
  const { pod } = wait;
  if (pod?.view.agent?.kind !== 'waiting') return undefined;
  const { agent, heldBy } = pod.view;
  const own = containerTrouble(agent.reason, agent.message);
  const init = own === undefined && heldBy ? containerTrouble(heldBy.reason, heldBy.message) : undefined;
  const trouble = own ?? init;
  if (trouble === undefined) return undefined;
  const better = trouble.reason === 'ImagePullFailed' ? toldByEvents(wait) : undefined;
  return told(wait, better ?? trouble, init && heldBy?.name);
};

/** A trouble as people read it. */
function told(wait: WaitCase, { reason, message }: Pick<Cause, 'reason' | 'message'>, init?: string): Cause {
  const whose = init === undefined ? '' : ` of the init container ${init}`;
  const image = init === undefined ? ` ${wait.job.image}` : '';
  return {
    reason,
    message: `${heads[reason]?.(`image${image}${whose}`) ?? `The container${whose} cannot be made`}: ${message}`,
    since: sinceWhen(wait, reason),
  };
}

/** What the kubelet's words come to. */
const heads: Partial<Record<Cause['reason'], (image: string) => string>> = {
  InvalidImageName: () => "The image's name is not valid",
  ImageNotFound: (image) => `The registry does not have the ${image}`,
  ImageAccessDenied: (image) => `The registry does not give the ${image} to this cluster`,
  ImageSignatureRefused: (image) => `The signature of the ${image} is refused`,
  ErrImageNeverPull: (image) => `The node does not have the ${image} and must not pull it`,
  RegistryUnavailable: (image) => `The registry of the ${image} is not reached, or turns away for now`,
  ImagePullFailed: (image) => `The ${image} cannot be pulled`,
  ContainerWaiting: () => 'The container waits',
};

/** Kubelets before 1.31 do not repeat the cause while they back off; it stands in an Event, and in what was seen before. */
function toldByEvents({ pod, podEvents }: WaitCase): Cause | undefined {
  const known = pod?.waited && containerTrouble(pod.waited.reason, pod.waited.message);
  if (known !== undefined && known.reason !== 'ImagePullFailed') return known;
  const failure = podEvents.findLast(isPullFailure);
  return failure && imageTrouble('ErrImagePull', pullText(failure));
}

const isPullFailure = ({ reason, message }: EventView): boolean =>
  reason === 'Failed' && message.startsWith('Failed to pull image ');
const pullText = ({ message }: EventView): string =>
  message.replace(/^Failed to pull image ("[^"]*"): /, 'image $1: ');

/** The first Event of that kind outlives a restart of the executor; what this one saw first may be earlier. */
function sinceWhen({ pod, podEvents }: WaitCase, reason: Cause['reason']): number | undefined {
  const same = podEvents.filter((e) =>
    isPullFailure(e)
      ? imageTrouble('ErrImagePull', pullText(e))?.reason === reason
      : e.reason === 'Failed' && causeInEvent(e) === reason,
  );
  return earliest(pod?.waits[reason], ...same.map((e) => e.firstTime));
}

const causeInEvent = ({ message }: EventView): Cause['reason'] | undefined => {
  const words = message.replace(/^Error: /, '');
  if (/^[A-Za-z]+$/.test(words)) return imageTrouble(words, '')?.reason;
  return containerTrouble('CreateContainerConfigError', words)?.reason;
};

/** The sandbox cannot be made: the network, mostly. The pod's status says ContainerCreating and no more. */
export const sandbox: WaitRule = ({ pod, podEvents }) => {
  if (!creating(pod)) return undefined;
  const told = podEvents.filter(({ reason }) =>
    ['FailedCreatePodSandBox', 'NetworkNotReady'].includes(reason),
  );
  const newest = told.at(-1);
  if (newest === undefined || told.reduce((sum, e) => sum + e.count, 0) < 2) return undefined;
  return { reason: 'SandboxFailed', message: newest.message, since: told[0]?.firstTime };
};

/** Its node has stopped to report: what it said last is not true any more, or nobody knows. */
export const nodeLost: WaitRule = ({ pod, node }) => {
  const silence = pod && silenceOf(pod, node);
  return silence && { reason: 'NodeLost', ...silence };
};

/** Its node says that it is not ready; or an Event on the pod does, for an executor that sees no nodes. */
export const nodeNotReady: WaitRule = ({ pod, node, podEvents }) => {
  if (pod === undefined || pod.view.node === '' || pod.view.agent?.kind === 'terminated') return undefined;
  if (node?.notReady !== undefined) {
    const { message, since } = node.notReady;
    return { reason: 'NodeNotReady', message: `The node ${node.name} is not ready: ${message}`, since };
  }
  const told = podEvents.findLast(({ reason }) => reason === 'NodeNotReady');
  if (told === undefined) return undefined;
  return {
    reason: 'NodeNotReady',
    message: `The node ${pod.view.node} does not report.`,
    since: told.lastTime,
  };
};

/** The node pulls the image: nothing is wrong, but this is what takes so long. */
export const pulling: WaitRule = (wait) => {
  const { pod, podEvents } = wait;
  if (!creating(pod)) return undefined;
  const last = podEvents.findLast((e) => ['Pulling', 'Pulled'].includes(e.reason) || isPullFailure(e));
  // The Event of a failure comes before the pod's status says it.
  if (last !== undefined && isPullFailure(last)) {
    const failure = imageTrouble('ErrImagePull', pullText(last));
    return failure && told(wait, failure);
  }
  if (last?.reason !== 'Pulling') return undefined;
  const image = /"([^"]*)"/.exec(last.message)?.[1] ?? '';
  return {
    reason: 'PullingImage',
    message: `The node ${pod?.view.node ?? ''} pulls the image ${image}.`,
    since: last.lastTime,
  };
};

const creating = (pod: WaitCase['pod']): boolean =>
  pod?.view.agent?.kind === 'waiting' && pod.view.node !== '';
