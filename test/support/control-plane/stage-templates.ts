import { annotationPrefix, type BehaviourDefaults } from './behaviour.ts';

/**
 * The status that each stage writes, as Go templates of a strategic merge patch: the same fields, in the same order of
 * events, as recorded from a real kubelet 1.37. In a merge, a null removes what the stage before has left.
 */

const prelude = `
{{ $now := Now }}
{{ $wish := or .metadata.annotations dict }}
{{ $pod := . }}
{{ $agent := (index .spec.containers 0).name }}
{{ range .spec.containers }}{{ if eq .name "agent" }}{{ $agent = "agent" }}{{ end }}{{ end }}
{{ $was := dict }}
{{ range (concat (or .status.initContainerStatuses list) (or .status.containerStatuses list)) }}{{ $_ := set $was .name . }}{{ end }}
`;

const wish = (key: string): string => `(index $wish "${annotationPrefix}${key}")`;

const condition = (type: string, status: boolean, reason?: string, message?: string): string => `
- type: ${type}
  status: "${status ? 'True' : 'False'}"
  lastProbeTime: null
  lastTransitionTime: {{ $now | Quote }}
  reason: ${reason ?? 'null'}
  message: ${message ?? 'null'}`;

const names = '{{ range $i, $c := .spec.containers }}{{ if $i }} {{ end }}{{ $c.name }}{{ end }}';
const notReady = (type: string): string =>
  condition(type, false, 'ContainersNotReady', `'containers with unready status: [${names}]'`);
const ended = (reason: string): string =>
  `${condition('Ready', false, reason)}${condition('ContainersReady', false, reason)}`;
const noSandbox = (message: string): string =>
  condition('PodReadyToStartContainers', false, 'PodSandboxNotReady', message);

const seen = 'observedGeneration: {{ or .metadata.generation 1 }}';

/**
 * One entry per container. `containerStatuses` is one value to the API server: a patch replaces it as a whole, so each
 * entry is complete. `agent` and `other` make it from $prior, what it was, with the container's spec as the dot.
 */
const statuses = (agent: string, other: string = agent): string => `
containerStatuses:
{{ range .spec.containers }}
{{ $prior := or (index $was .name) dict }}
{{ if eq .name $agent }}${agent}{{ else }}${other}{{ end }}
{{ end }}`;

/** Set one by one: sprig's merge takes false and 0 for "not given". */
const entry = (fields: Readonly<Record<string, string>>, from = 'dict'): string => {
  const all = Object.entries({ name: '.name', image: '.image', restartCount: '0', ...fields });
  const sets = all.map(([key, value]) => `{{ $_ := set $next "${key}" ${value} }}`);
  return `\n{{ $next := ${from} }}${sets.join('')}\n- {{ $next | toJson }}\n`;
};

const keep = entry({}, '$prior');
const stopped = entry({ ready: 'false', started: 'false' }, '$prior');

const waiting = (reason: string, message: string): string =>
  entry({
    imageID: '""',
    ready: 'false',
    started: 'false',
    state: `(dict "waiting" (dict "reason" ${reason} "message" ${message}))`,
  });

const running = entry({
  imageID: '(printf "sha256:%s" (.image | sha256sum))',
  containerID: '(printf "containerd://%s" (printf "%s/%s" $pod.metadata.uid .name | sha256sum))',
  ready: 'true',
  started: 'true',
  state: '(dict "running" (dict "startedAt" $now))',
});

/** A container that has ended keeps how it ended; one that never started has neither times nor an id. */
const terminated = (exitCode: string, reason: string, message: string): string => `
{{ if dig "state" "terminated" "" $prior }}${keep}{{ else if dig "state" "running" "" $prior }}
{{ $code := ${exitCode} }}
{{ $end := dict "exitCode" $code "reason" ${reason} "message" ${message} "containerID" $prior.containerID }}
{{ $_ := set $end "startedAt" $prior.state.running.startedAt }}{{ $_ := set $end "finishedAt" $now }}
{{ $_ := set $prior "state" (dict "terminated" $end) }}
${stopped}{{ else }}
{{ $end := dict "exitCode" 137 "reason" "ContainerStatusUnknown" "startedAt" nil "finishedAt" nil }}
{{ $_ := set $end "message" "The container could not be located when the pod was terminated" }}
{{ $_ := set $prior "state" (dict "terminated" $end) }}
${stopped}{{ end }}
`;

const byCode = '(ternary "Completed" "Error" (eq $code 0))';
const exitCode = `(int (or ${wish('exit-code')} "0"))`;
const agentEnd = terminated(
  exitCode,
  `(or ${wish('terminated-reason')} ${byCode})`,
  `(or ${wish('message')} "")`,
);
const otherEnd = terminated('0', byCode, '""');

/** The exit code that the agent has, or will have by this patch when it was still running. */
const finalCode = (whenRunning: string): string => `
{{ $final := 137 }}
{{ $agentWas := or (index $was $agent) dict }}
{{ if dig "state" "running" "" $agentWas }}{{ $final = ${whenRunning} }}{{ end }}
{{ if dig "state" "terminated" "" $agentWas }}
{{ $final = int (toString (dig "state" "terminated" "exitCode" 0 $agentWas)) }}
{{ end }}`;

const phaseByCode = 'phase: {{ ternary "Succeeded" "Failed" (eq $final 0) }}';
const reasonByCode = '{{ ternary "PodCompleted" "PodFailed" (eq $final 0) }}';

const killCode = (defaults: BehaviourDefaults, graceMs: string): string => `
{{ $kill := int (or ${wish('term-exit-code')} "143") }}
{{ if gt (int64 (or ${wish('term-ms')} "${defaults.termMs}")) (${graceMs}) }}{{ $kill = 137 }}{{ end }}
${finalCode('$kill')}`;

const killed = statuses(terminated('$kill', byCode, `(or ${wish('term-message')} "")`));
const deletionGrace = 'mul 1000 (int64 (toString (or .metadata.deletionGracePeriodSeconds 0)))';
const podGrace = 'mul 1000 (int64 (toString (or .spec.terminationGracePeriodSeconds 0)))';

const initStatuses = (ordinary: string, sidecar: string): string => `
{{ if .spec.initContainers }}
initContainerStatuses:
{{ range .spec.initContainers }}
{{ $prior := or (index $was .name) dict }}
{{ if eq (or .restartPolicy "") "Always" }}${sidecar}{{ else }}${ordinary}{{ end }}
{{ end }}
{{ end }}`;

const initialising = waiting('"PodInitializing"', 'nil');
const initialised = entry({
  imageID: '""',
  ready: 'true',
  started: 'false',
  state: '(dict "terminated" (dict "exitCode" 0 "reason" "Completed" "startedAt" $now "finishedAt" $now))',
});

export const acknowledge = `${prelude}
${seen}
phase: Pending
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
hostIPs: [{ip: {{ NodeIPWith .spec.nodeName | Quote }}}]
conditions:${noSandbox('no pod sandbox exists')}${condition('Initialized', true)}${notReady('Ready')}${notReady('ContainersReady')}
${initStatuses(initialising, initialising)}
${statuses(waiting('"ContainerCreating"', 'nil'))}`;

const pullMessage = `(or ${wish('image-message')} (printf "Back-off pulling image %q" .image))`;

export const imageError = `${prelude}
conditions:${condition('PodReadyToStartContainers', true)}
${statuses(waiting(wish('image-error'), pullMessage))}`;

export const start = `${prelude}
{{ $ip := PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace }}
${seen}
phase: Running
podIP: {{ $ip | Quote }}
podIPs: [{ip: {{ $ip | Quote }}}]
conditions:${condition('PodReadyToStartContainers', true)}${condition('Ready', true)}${condition('ContainersReady', true)}
${initStatuses(initialised, running)}
${statuses(running)}`;

/** The agent's end; the pod's phase says Running until the next stage. */
export const exit = `${prelude}${finalCode(exitCode)}
conditions:${ended(reasonByCode)}
${statuses(agentEnd, keep)}`;

export const complete = `${prelude}${finalCode('0')}
${phaseByCode}
conditions:${noSandbox('pod sandbox is not ready')}
${initStatuses(keep, otherEnd)}
${statuses(otherEnd)}`;

export const deadline = (defaults: BehaviourDefaults): string => `${prelude}${killCode(defaults, podGrace)}
phase: Failed
reason: DeadlineExceeded
message: Pod was active on the node longer than the specified deadline
conditions:${noSandbox('pod sandbox is not ready')}${ended('PodFailed')}
${initStatuses(keep, otherEnd)}
${killed}`;

export const terminate = (
  defaults: BehaviourDefaults,
): string => `${prelude}${killCode(defaults, deletionGrace)}
${seen}
${phaseByCode}
conditions:${noSandbox('pod sandbox is not ready')}${ended(reasonByCode)}
${initStatuses(keep, otherEnd)}
${killed}`;

export const nodeReady = `
{{ $now := Now }}
phase: Running
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
{{ end }}`;

/**
 * The patch as a whole, valid only for the version of the object that it was made from: kwok sometimes plays a stage
 * twice, and a late second patch must not undo what has happened since.
 */
export const ofThisVersion = (status: string): string => `
metadata: {resourceVersion: {{ .metadata.resourceVersion | Quote }}}
status:
${status.trim().replace(/^/gm, '  ')}`;
