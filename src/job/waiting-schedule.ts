import { oneLine } from '../lib/plain-text.ts';
import { missingReference } from './container-trouble.ts';
import type { ConditionView, NodeWish } from './observation.ts';
import type { Cause, WaitRule } from './waiting-case.ts';

const notPlaced = (conditions: readonly ConditionView[]): ConditionView | undefined =>
  conditions.find((c) => c.type === 'PodScheduled' && c.status === 'False');

/** No other pod of the step may start: the executor chooses, and takes its own gate away. */
const ours = {
  reason: 'Gated',
  message:
    "The executor's own gate holds the pod, until it is chosen as the only one of the step that may start.",
  remedy: 'Wait: an executor that reaches the cluster takes it away.',
} as const;

/** A scheduling gate keeps the scheduler away. */
export const gated: WaitRule = ({ pod }) => {
  const condition = notPlaced(pod?.view.conditions ?? []);
  if (pod?.view.gateAt !== undefined) return { ...ours, since: pod.view.createTime };
  if (pod === undefined || !(pod.view.gated || condition?.reason === 'SchedulingGated')) return undefined;
  return {
    reason: 'Gated',
    message: 'The pod has a scheduling gate, and is not given to the scheduler before that is removed.',
    since: condition?.time ?? pod.view.createTime,
  };
};

/** The scheduler has looked for a node, and says why there is none. */
export const unschedulable: WaitRule = ({ pod }) => {
  const condition = notPlaced(pod?.view.conditions ?? []);
  if (pod === undefined || condition === undefined) return undefined;
  const { time: since } = condition;
  const message = oneLine(condition.message, 1_000);
  if (aboutVolumes.test(message)) return { reason: 'WaitingForVolume', message: sentence(message), since };
  const short = misfits(message);
  return {
    reason: 'Unschedulable',
    message: [sentence(message), asked(pod.view.asks, short)].filter((s) => s !== '').join(' '),
    since,
    remedy: remedyFor(short),
  };
};

/** Why how many nodes do not fit, from `0/3 nodes are available: 2 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: …`. */
interface Misfit {
  readonly nodes: number;
  readonly why: string;
}

function misfits(message: string): readonly Misfit[] {
  const list = /nodes are available: (.*?)(?:\. preemption: .*|\.?)$/.exec(message)?.[1] ?? '';
  // A taint's own text may hold commas: only what begins with a number is a reason.
  return [...list.matchAll(/(\d+) (.*?)(?=, \d+ |$)/g)].map(([, nodes, why = '']) => ({
    nodes: Number(nodes),
    why,
  }));
}

const resourceOf = ({ why }: Misfit): string | undefined => /^Insufficient (\S+)/.exec(why)?.[1];
const isSelector = ({ why }: Misfit): boolean =>
  /node affinity|node\(s\) didn't match Pod's node affinity\/selector|node selector/i.test(why);

/** The numbers that the scheduler leaves out. */
function asked(wish: NodeWish | undefined, short: readonly Misfit[]): string {
  if (wish === undefined) return '';
  const resources = short.flatMap((m) => {
    const name = resourceOf(m);
    const amounts = name === undefined ? undefined : wish.requests[name];
    return amounts === undefined ? [] : [`${amounts.join(' + ')} ${name}`];
  });
  const labels = short.some(isSelector) ? Object.entries(wish.nodeSelector).map(([k, v]) => `${k}=${v}`) : [];
  return [
    ...(resources.length > 0 ? [`It asks for ${resources.join(', ')}.`] : []),
    ...(labels.length > 0 ? [`Its nodes must have ${labels.join(', ')}.`] : []),
  ].join(' ');
}

type Advice = readonly [applies: (misfit: Misfit) => boolean, words: (misfit: Misfit) => string];

const advice: readonly Advice[] = [
  [(m) => resourceOf(m) !== undefined, (m) => `ask for less ${resourceOf(m)}, or add nodes that have it`],
  [isSelector, () => 'choose a pool whose labels some node has'],
  [
    ({ why }) => /taint/i.test(why),
    ({ why }) => `tolerate or remove the taint${/\{[^}]*\}/.exec(why)?.[0].replace(/^/, ' ') ?? ''}`,
  ],
  [({ why }) => /unschedulable|were cordoned/i.test(why), () => 'uncordon nodes'],
  [({ why }) => /Too many pods/.test(why), () => 'wait until pods end: the nodes take no more of them'],
  [({ why }) => /free ports/.test(why), () => 'wait for the port to become free'],
];

/** What would fit, for each reason that is known, the one with the most nodes first. */
function remedyFor(short: readonly Misfit[]): string | undefined {
  const words = [...short]
    .sort((a, b) => b.nodes - a.nodes)
    .flatMap((m) =>
      advice
        .filter(([applies]) => applies(m))
        .map(([, say]) => `${say(m)} (${m.nodes} node${m.nodes === 1 ? '' : 's'})`),
    );
  if (words.length === 0) return undefined;
  const text = [...new Set(words)].join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const aboutVolumes =
  /persistentvolumeclaim|unbound immediate|persistent volumes? to bind|volume node affinity|volume\(s\)|max volume count/i;

/** Why the pod's volumes are not there, from the kubelet's Events: its status says ContainerCreating and no more. */
export const volume: WaitRule = ({ pod, podEvents }) => {
  if (pod?.view.agent?.kind === 'running' || pod === undefined || pod.view.node === '') return undefined;
  const told = podEvents.filter(({ reason }) => volumeReasons.includes(reason));
  const newest = told.at(-1);
  // One failed mount may happen to a healthy pod, whose caches at the kubelet are behind: only what lasts is a reason.
  const tries = told.reduce((sum, e) => sum + e.count, 0);
  const lasts = newest !== undefined && (tries >= 2 || newest.reason === 'FailedAttachVolume');
  if (newest === undefined || !lasts || cacheIsBehind.test(newest.message)) return undefined;
  return { ...volumeCause(newest.message), since: told[0]?.firstTime };
};

const volumeReasons = ['FailedMount', 'FailedAttachVolume', 'FailedMapVolume'];
const cacheIsBehind = /failed to sync (configmap|secret) cache|not registered$/;

function volumeCause(message: string): Cause {
  const reason = missingReference(message) ?? 'WaitingForVolume';
  if (!/configmap "glip-inputs-/.test(message)) return { reason, message: sentence(message) };
  return {
    reason,
    message: `The ConfigMap with the step's manifest is missing: its submit was not completed. ${sentence(message)}`,
    remedy: 'Repeat the submit: it completes what is missing.',
  };
}

const sentence = (text: string): string => (text === '' ? '' : text.trim().replace(/[.\s]*$/, '.'));
