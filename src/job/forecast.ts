import { oneLine } from '../lib/plain-text.ts';
import type { SeenForecast } from '../step/forecast.ts';
import type { EpochMs } from '../step/step.ts';
import { announcingConditions, announcingTaints, type ForecastCause } from './announcements.ts';
import { wordsFor } from './disruption.ts';
import type { NodeView } from './node-view.ts';
import { condition } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';
import { isFinalPod } from './proof.ts';
import { silenceOf } from './silent-node.ts';
import { type Eviction, eviction } from './tolerations.ts';

interface Told {
  readonly cause: ForecastCause;
  readonly message: string;
  readonly since?: EpochMs | undefined;
}

interface Case {
  readonly pod: PodFacts;
  readonly node: NodeView | undefined;
  readonly evicted: Eviction | undefined;
}

type Rule = (forecast: Case) => Told | undefined;

/**
 * What the cluster has announced of a pod that lives: the first rule that speaks. `node` is what is known of its node, if there is anything
 * to say of it. The deadline is that of the pod's deletion, or else of its eviction for a taint.
 */
export function forecast(pod: PodFacts, node: NodeView | undefined): SeenForecast | 'over' | undefined {
  const { view } = pod;
  if (isFinalPod(pod) || view.agent?.kind === 'terminated') return 'over';
  const evicted = node && eviction(node.taints, view.tolerations);
  for (const rule of rules) {
    const told = rule({ pod, node, evicted });
    if (told === undefined) continue;
    const { cause, message, since } = told;
    const deadline = view.deleteTime ?? evicted?.time;
    return {
      cause,
      // It has words of others: the values of taints, for one.
      message: oneLine(message, longestMessage),
      ...(deadline !== undefined && { deadline }),
      ...(since !== undefined && { since }),
    };
  }
  return undefined;
}

const longestMessage = 1_000;

/** Kubernetes' own reasons (KEP-3329). */
const marks: Readonly<Record<string, ForecastCause>> = {
  PreemptionByScheduler: 'Preemption',
  DeletionByTaintManager: 'NoExecuteTaint',
  EvictionByEvictionAPI: 'NodeDrain',
  TerminationByKubelet: 'NodePressure',
};
const byWords: Partial<Record<string, ForecastCause>> = {
  SpotReclaimed: 'SpotReclaim',
  NodeShutdown: 'NodeShutdown',
};

/** The pod itself is marked: it is being taken away. */
const marked: Rule = ({ pod: { view } }) => {
  const mark = condition(view.conditions, 'DisruptionTarget');
  if (mark === undefined) return undefined;
  const said = mark.message.trim();
  const cause = byWords[wordsFor([said]) ?? ''] ?? marks[mark.reason] ?? 'Disruption';
  const message =
    said === '' ? `Kubernetes takes the pod away: ${mark.reason || 'it does not say why'}.` : said;
  return { cause, message, since: mark.time };
};

const announced: Rule = ({ node }) => {
  if (node === undefined) return undefined;
  for (const [key, { cause, words }] of Object.entries(announcingTaints)) {
    const taint = node.taints.find((t) => t.key === key);
    if (taint !== undefined && cause !== 'SpotRebalance')
      return { cause, message: `The node ${node.name} ${words}.`, since: taint.time };
  }
  for (const [type, { cause, words }] of Object.entries(announcingConditions))
    if (node.announced.includes(type)) return { cause, message: `The node ${node.name} ${words}.` };
  return undefined;
};

const shuttingDown: Rule = ({ node }) => {
  // pkg/kubelet/nodestatus: the kubelet's only word of it before it ends its pods.
  if (node?.notReady?.status !== 'False' || !/shutting down/.test(node.notReady.message)) return undefined;
  return {
    cause: 'NodeShutdown',
    message: `The node ${node.name} is shutting down.`,
    since: node.notReady.since,
  };
};

const nodeDeleted: Rule = ({ node }) => {
  if (node?.gone) return { cause: 'NodeDeleted', message: `The Node object ${node.name} was deleted.` };
  if (node?.deleteTime === undefined) return undefined;
  const message = `The Node object ${node.name} is being deleted: what deletes it drains it first.`;
  return { cause: 'NodeDrain', message, since: node.deleteTime };
};

/** The node controller's own: they say less than the condition that they follow. */
const ofReadiness = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'];

const tainted: Rule = ({ node, evicted }) => {
  if (node === undefined || evicted === undefined) return undefined;
  const { taint, seconds } = evicted;
  if (node.notReady !== undefined && ofReadiness.includes(taint.key)) return undefined;
  const name = `${taint.key}${taint.value === '' ? '' : `=${taint.value}`}:${taint.effect}`;
  const how = seconds === 0 ? 'does not tolerate' : `tolerates for ${seconds} s`;
  return {
    cause: 'NoExecuteTaint',
    message: `The node ${node.name} has the taint ${name}, which the pod ${how}.`,
    since: taint.time,
  };
};

const silent: Rule = ({ pod, node }) => {
  const silence = silenceOf(pod, node);
  return silence && { cause: 'NodeLost', ...silence };
};

const notReady: Rule = ({ node }) => {
  if (node?.notReady === undefined) return undefined;
  const { message, since } = node.notReady;
  return { cause: 'NodeNotReady', message: `The node ${node.name} is not ready: ${message}`, since };
};

const mayFollow: Rule = ({ node }) => {
  const rebalance = 'aws-node-termination-handler/rebalance-recommendation';
  const taint = node?.taints.find(({ key }) => key === rebalance);
  const words = announcingTaints[rebalance]?.words ?? '';
  if (node !== undefined && taint !== undefined)
    return { cause: 'SpotRebalance', message: `The node ${node.name} ${words}.`, since: taint.time };
  if (!node?.cordoned) return undefined;
  const message = `The node ${node.name} is cordoned: no new pods come to it, and a drain may follow.`;
  return { cause: 'NodeCordoned', message };
};

/** In this order: what is certain, and says most, goes first. */
const rules: readonly Rule[] = [
  marked,
  announced,
  shuttingDown,
  nodeDeleted,
  tainted,
  silent,
  notReady,
  mayFollow,
];
