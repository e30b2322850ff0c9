import type { BehaviourDefaults } from './behaviour.ts';
import { type PodStageName, podStageTimes, type StageTimes } from './stage-selectors.ts';
import * as templates from './stage-templates.ts';

/** What happens in a stage: events first, then one patch of the status, or the removal of the pod. */
interface StageAction {
  readonly events?: readonly StageEvent[];
  readonly status?: string;
  readonly remove?: boolean;
}

interface StageEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

const normal = (reason: string, message: string): StageEvent => ({ type: 'Normal', reason, message });

const podActions = (defaults: BehaviourDefaults): Readonly<Record<PodStageName, StageAction>> => ({
  'pod-acknowledge': { status: templates.acknowledge },
  'pod-image-error': {
    events: [{ type: 'Warning', reason: 'Failed', message: 'Error: the image cannot be pulled' }],
    status: templates.imageError,
  },
  'pod-start': {
    events: [
      normal('Pulled', 'Container image already present on machine'),
      normal('Created', 'Container created'),
      normal('Started', 'Container started'),
    ],
    status: templates.start,
  },
  'pod-exit': { status: templates.exit },
  'pod-complete': { status: templates.complete },
  'pod-deadline': {
    events: [normal('DeadlineExceeded', 'Pod was active on the node longer than the specified deadline')],
    status: templates.deadline(defaults),
  },
  'pod-terminate': {
    events: [normal('Killing', 'Stopping container')],
    status: templates.terminate(defaults),
  },
  // Finalizers stay: emptying them, as kwok's stock stage does, makes the Job controller start the step again.
  'pod-delete': { remove: true },
});

/**
 * kwok's settings. Its default of four workers is the bottleneck of a load test; the others are its defaults, which it
 * forgets as soon as there is one setting.
 */
const settings = {
  apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
  kind: 'KwokConfiguration',
  options: {
    podPlayStageParallelism: 32,
    nodePlayStageParallelism: 4,
    nodeLeaseParallelism: 4,
    nodeLeaseDurationSeconds: 40,
    podsOnNodeSyncParallelism: 4,
    enablePodsOnNodeSyncListPager: true,
  },
};

/** The configuration file that makes kwok behave like a kubelet: JSON documents, which are YAML too. */
export function kwokDocuments(defaults: BehaviourDefaults, events: boolean): string {
  const times = podStageTimes(defaults);
  const actions = podActions(defaults);
  const pods = (Object.keys(actions) as PodStageName[]).map((name) =>
    stage('Pod', name, times[name], steps(actions[name], events)),
  );
  const idle = stage('Pod', 'pod-idle', times['pod-idle'], []);
  const ready = 'any(.status.conditions[]?; .type == "Ready" and .status == "True")';
  const node = stage(
    'Node',
    'node-initialize',
    { when: `${ready} | not` },
    steps({ status: templates.nodeReady }, events),
  );
  return [settings, node, ...pods, idle].map((object) => JSON.stringify(object)).join('\n---\n');
}

function steps(action: StageAction, events: boolean): readonly object[] {
  const told = events ? (action.events ?? []).map((event) => ({ event })) : [];
  const patch = {
    subresource: 'status',
    type: 'strategic',
    template: templates.ofThisVersion(action.status ?? ''),
  };
  return [...told, ...(action.remove ? [{ delete: true }] : [{ patch }])];
}

const stage = (kind: 'Node' | 'Pod', name: string, times: StageTimes, steps: readonly object[]): object => ({
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name },
  spec: {
    resourceRef: { apiGroup: 'v1', kind },
    selector: { matchExpressions: [{ jq: { key: times.when, operator: 'In', values: ['true'] } }] },
    ...(times.delay === undefined ? {} : { delay: { durationFrom: { jq: { expression: times.delay } } } }),
    steps,
  },
});
