import { annotationPrefix, type BehaviourDefaults } from './behaviour.ts';

/**
 * When each stage of a pod's life is due, as jq expressions. Exactly one is true at a time (kwok would choose at random
 * among several), and one is always true: kwok lets a stage that it has scheduled run, even after the pod has changed,
 * unless another one replaces it. Hence pod-idle.
 */
export interface StageTimes {
  readonly when: string;
  /** A duration such as "50ms", or a time. */
  readonly delay?: string;
}

export type PodStageName =
  | 'pod-acknowledge'
  | 'pod-image-error'
  | 'pod-start'
  | 'pod-exit'
  | 'pod-complete'
  | 'pod-deadline'
  | 'pod-terminate'
  | 'pod-delete';

const functions = (defaults: BehaviourDefaults): string => `
def annotation($key): (.metadata.annotations // {})["${annotationPrefix}" + $key];
def yes($key): annotation($key) == "true";
def number($key; $default): (annotation($key) | tonumber?) // $default;
def milliseconds: tostring + "ms";
def pull: number("pull-ms"; ${defaults.pullMs});
def run: number("run-ms"; ${defaults.runMs});
def grace: (.metadata.deletionGracePeriodSeconds // 30) * 1000;
def deadline: if .spec.activeDeadlineSeconds then .spec.activeDeadlineSeconds * 1000 else infinite end;
def agent_name: [.spec.containers[].name] | if any(. == "agent") then "agent" else .[0] end;
def agent: agent_name as $name | first(.status.containerStatuses[]? | select(.name == $name)) // {};
def kept: .metadata.deletionTimestamp == null and (yes("unresponsive") | not);
def deleted: .metadata.deletionTimestamp != null and (yes("unresponsive") | not);
def pending: .status.phase == "Pending" and .status.startTime != null;
def refused: annotation("image-error") != null;
def told: agent.state.waiting.reason == annotation("image-error");
def running: .status.phase == "Running" and agent.state.running != null;
def endless: yes("hang") or .spec.restartPolicy == "Always";
def overdue: endless or pull + run > deadline;
`;

const moments = (defaults: BehaviourDefaults): Readonly<Record<PodStageName, StageTimes>> => ({
  'pod-acknowledge': { when: 'kept and .status.phase == "Pending" and .status.startTime == null' },
  'pod-image-error': {
    when: 'kept and pending and refused and (told | not) and pull <= deadline',
    delay: 'pull | milliseconds',
  },
  'pod-start': {
    when: 'kept and pending and (refused | not) and pull <= deadline',
    delay: 'pull | milliseconds',
  },
  'pod-exit': {
    when: 'kept and running and (endless | not) and (overdue | not)',
    delay: 'run | milliseconds',
  },
  'pod-complete': {
    when: 'kept and .status.phase == "Running" and agent.state.terminated != null and (yes("others-hang") | not)',
    delay: `number("gap-ms"; ${defaults.gapMs}) | milliseconds`,
  },
  'pod-deadline': {
    when:
      'kept and .spec.activeDeadlineSeconds != null and ' +
      '((running and overdue) or (pending and (pull > deadline or (refused and told))))',
    // startTime has whole seconds only: one is added, so that a deadline never strikes early.
    delay: '(.status.startTime | fromdateiso8601) + .spec.activeDeadlineSeconds + 1 | todateiso8601',
  },
  'pod-terminate': {
    when: 'deleted and (.status.phase == "Pending" or .status.phase == "Running")',
    delay: `[number("term-ms"; ${defaults.termMs}), grace] | min | milliseconds`,
  },
  'pod-delete': {
    when: 'deleted and (.status.phase == "Succeeded" or .status.phase == "Failed")',
    delay: `number("delete-ms"; ${defaults.deleteMs}) | milliseconds`,
  },
});

/** The complete jq programs, `pod-idle` being the one that is due when no other is. */
export function podStageTimes(
  defaults: BehaviourDefaults,
): Readonly<Record<PodStageName | 'pod-idle', StageTimes>> {
  const prelude = functions(defaults);
  const due = moments(defaults);
  const complete = Object.entries(due).map(([name, { when, delay }]) => [
    name,
    { when: `${prelude}${when}`, ...(delay === undefined ? {} : { delay: `${prelude}${delay}` }) },
  ]);
  const any = Object.values(due).map(({ when }) => `(${when})`);
  return { ...Object.fromEntries(complete), 'pod-idle': { when: `${prelude}(${any.join(' or ')}) | not` } };
}
